# One image for every program of swarmpost; the first argument names it (deploy/docker/main.ts has the list).
#
#   docker build --tag swarmpost:0.1.0 .
#   docker build --tag swarmpost-quickstart:0.1.0 --target quickstart .    the quickstart's stores, for clusters without a registry
#
# BASE is any Debian with Node 24: --build-arg BASE=registry.example.org/node:24. Besides it only an npm registry is reached
# (--build-arg NPM_CONFIG_REGISTRY=https://npm.example.org for another one), and Debian's mirror for the quickstart.
ARG BASE=node:24-bookworm-slim

# What the packages need, without their code: a change of code alone installs nothing again.
FROM ${BASE} AS manifests
WORKDIR /src
COPY . .
RUN find . -type f ! -name package.json ! -name 'pnpm-*.yaml' -delete

FROM ${BASE} AS build
ARG NPM_CONFIG_REGISTRY
WORKDIR /src
COPY --from=manifests /src ./
RUN npx -y "pnpm@$(node -p 'require("./package.json").config.pnpm')" install --frozen-lockfile --prod \
    --filter "@swarmpost/image..." --reporter=append-only
COPY . .
RUN node deploy/docker/bundle.mjs /app && node deploy/docker/anvil.mjs /usr/local/bin/anvil

# Postgres, NATS and Redis for evaluation. The chart starts each by its program's name.
FROM ${BASE} AS quickstart
USER 0:0
RUN apt-get update \
 && apt-get install --yes --no-install-recommends postgresql-common \
 && echo "create_main_cluster = false" >> /etc/postgresql-common/createcluster.conf \
 && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends postgresql nats-server redis-server \
 && ln --symbolic /usr/lib/postgresql/*/bin/* /usr/local/bin/ \
 && rm -rf /var/lib/apt/lists/* /var/log/*
LABEL org.opencontainers.image.title="swarmpost-quickstart" \
      org.opencontainers.image.description="Postgres, NATS and Redis for evaluating swarmpost: not for production"
USER 10001:10001
ENTRYPOINT []
CMD ["postgres", "--version"]

FROM ${BASE} AS swarmpost
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="swarmpost" \
      org.opencontainers.image.description="A private, anonymous store-and-forward message network that speaks Session's protocol" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
ENV NODE_ENV=production
COPY --from=build /usr/local/bin/anvil /usr/local/bin/anvil
COPY --from=build /app /app
WORKDIR /app
USER 10001:10001
ENTRYPOINT ["node", "--enable-source-maps", "/app/main.mjs"]
CMD []
