# One image for every program of swarmpost; the first argument names it. It builds from any base with Node 24:
#   docker build --build-arg BASE=registry.example.org/node:24 --tag swarmpost:0.1.0 .
# `--target quickstart` makes the image of the quickstart's stores, for clusters without a registry.
ARG BASE=node:24-bookworm-slim

FROM ${BASE} AS build
WORKDIR /src
COPY . .
RUN npx -y "pnpm@$(node -p 'require("./package.json").config.pnpm')" install --frozen-lockfile --reporter=append-only \
 && node deploy/docker/bundle.mjs /app \
 && node deploy/docker/anvil.mjs /usr/local/bin/anvil

# Postgres, NATS and Redis for evaluation. The chart starts each by its program's name.
FROM ${BASE} AS quickstart
USER 0:0
RUN apt-get update \
 && apt-get install --yes --no-install-recommends postgresql nats-server redis-server \
 && rm -rf /var/lib/apt/lists/*
USER 10001:10001

FROM ${BASE} AS swarmpost
ENV NODE_ENV=production
COPY --from=build /usr/local/bin/anvil /usr/local/bin/anvil
COPY --from=build /app /app
WORKDIR /app
USER 10001:10001
ENTRYPOINT ["node", "--enable-source-maps", "/app/main.mjs"]
