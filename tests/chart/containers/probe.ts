import { connect } from "node:net";
import type { IContainer } from "kubernetes-models/v1/Container";
import type { IProbe } from "kubernetes-models/v1/Probe";

/** What a probe needs to know of its container. */
export interface ProbedContainer {
  readonly container: IContainer;
  readonly ip: string;
  /** Runs a command inside the container; its exit code. */
  readonly exec: (command: readonly string[]) => Promise<number | null>;
}

/** Asks a probe once, as the kubelet does. False for any answer but a good one in time. */
export async function ask(probe: IProbe, { container, ip, exec }: ProbedContainer): Promise<boolean> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  const { httpGet, tcpSocket } = probe;
  if (probe.exec !== undefined) return (await exec(probe.exec.command ?? [])) === 0;
  if (tcpSocket !== undefined) return await accepts(ip, portOf(container, tcpSocket.port), timeoutMs);
  if (httpGet === undefined) throw new Error(`${container.name}: a probe of a kind that is not expected here`);
  const url = `http://${ip}:${portOf(container, httpGet.port)}${httpGet.path ?? "/"}`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: "manual" });
    await response.arrayBuffer();
    return response.status >= 200 && response.status < 400;
  } catch {
    return false; // not listening, or too late
  }
}

function portOf(container: IContainer, port: string | number): number {
  const named = container.ports?.find((each) => each.name === port)?.containerPort;
  if (typeof port === "string" && named === undefined) throw new Error(`${container.name}: no port ${port}`);
  return named ?? Number(port);
}

function accepts(host: string, port: number, timeoutMs: number): Promise<boolean> {
  const socket = connect({ host, port, timeout: timeoutMs });
  return new Promise((resolve) => {
    const done = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket
      .once("connect", () => done(true))
      .once("timeout", () => done(false))
      .once("error", () => done(false));
  });
}
