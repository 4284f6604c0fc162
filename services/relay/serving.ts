import type { NetworkView, ViewFollower } from "@swarmpost/network-view";
import type { PeerIdentity, PeerLinks } from "@swarmpost/rpc";
import type { ClusterTls, Runtime } from "@swarmpost/runtime";
import type { RelayConfig } from "./config.ts";
import type { RelayWork } from "./from-config.ts";
import type { relayMetrics } from "./metrics.ts";
import type { Admit } from "./peer-contacts.ts";
import type { PeerEndpointParts } from "./peer-endpoint.ts";
import type { PublicAddress } from "./public-address.ts";
import type { RouteParts } from "./routes.ts";

/** What serving needs besides what its two kinds of callers share. */
export type Serving = PeerIdentity &
  Omit<RouteParts, "limited"> &
  Omit<PeerEndpointParts, "work"> & {
    readonly work: RelayWork;
    readonly config: RelayConfig;
    readonly runtime: Runtime;
    readonly metrics: ReturnType<typeof relayMetrics>;
    readonly follower: ViewFollower;
    readonly links: PeerLinks;
    readonly view: () => NetworkView;
    readonly registered: Admit;
    readonly admit: Admit | undefined;
    readonly address: PublicAddress;
    readonly tls: ClusterTls | undefined;
    readonly stack: AsyncDisposableStack;
  };
