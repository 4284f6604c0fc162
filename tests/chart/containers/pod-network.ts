import { spawn } from "node:child_process";
import { readlinkSync } from "node:fs";
import { eventually } from "@swarmpost/testkit";
import { command } from "./command.ts";

const bridge = "pods";

/** The network of one pod: its own address, ports and loopback, shared by its containers. */
export interface PodNetwork {
  readonly ip: string;
  /** Any process in it; `/proc/<pid>/ns/net` is the network. */
  readonly pid: number;
}

/**
 * A cluster's network inside one network namespace: a bridge that pods are plugged into, as the usual bridge plugin makes
 * it. It reaches nothing outside. The process must be root there (`unshare --net`, with `--user --map-root-user` for others).
 */
export class ClusterNetwork {
  #pods = 0;
  #services = 0;

  /** Address of the bridge: what pods see as their machine. */
  readonly hostIp = "10.244.0.1";

  constructor() {
    command("ip", "link", "set", "lo", "up");
    command("ip", "link", "add", bridge, "type", "bridge");
    command("ip", "address", "add", `${this.hostIp}/16`, "dev", bridge);
    command("ip", "link", "set", bridge, "up");
  }

  /** Plugs in one more pod. Its network ends with this process. */
  async addPod(): Promise<PodNetwork> {
    const number = ++this.#pods;
    const ip = `10.244.1.${number}`;
    const { pid } = spawn("unshare", ["--net", "sleep", "infinity"], { stdio: "ignore" });
    if (pid === undefined) throw new Error("unshare cannot be started");
    const own = readlinkSync("/proc/self/ns/net");
    await eventually(() => readlinkSync(`/proc/${pid}/ns/net`) !== own, { intervalMs: 2 });
    const inside = (...args: string[]): string => command("nsenter", `--net=/proc/${pid}/ns/net`, "ip", ...args);
    command("ip", "link", "add", `pod${number}`, "type", "veth", "peer", "name", "eth0", "netns", String(pid));
    command("ip", "link", "set", `pod${number}`, "master", bridge, "up");
    inside("link", "set", "lo", "up");
    inside("address", "add", `${ip}/16`, "dev", "eth0");
    inside("link", "set", "eth0", "up");
    inside("route", "add", "default", "via", this.hostIp);
    return { ip, pid };
  }

  /** An address of its own for a Service, on the bridge. */
  addService(): string {
    const ip = `10.96.0.${++this.#services}`;
    command("ip", "address", "add", `${ip}/32`, "dev", bridge);
    return ip;
  }
}
