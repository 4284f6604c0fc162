import { addSecretEntries, getSecret } from "@swarmpost/kubernetes";
import { checkAuthority, type Issued, issueCertificate, makeAuthority } from "./certificates.ts";
import { givenSecret, labelsOf, type Release } from "./release-objects.ts";

/** Who gets a certificate. Nodes answer under names of their own, below their common Service. */
const COMPONENTS = ["node", "chain-watcher", "swarm-coordinator", "test-suite", "register"] as const;

/** How services prove to each other that they are of this cluster. */
export interface CertificateOptions {
  /** A Secret of the operator with `ca.crt` and `ca.key`; without it an authority is made, once. */
  readonly existingAuthority?: string | undefined;
  /** Usually `cluster.local`. */
  readonly clusterDomain: string;
}

/**
 * Makes the authority and the certificates that are missing; what is there stays. Answers the Secrets whose certificates are
 * of another authority: their services and the new ones would not understand each other.
 * @throws ReleaseError `given-secret`
 */
export async function provideCertificates(release: Release, options: CertificateOptions): Promise<string[]> {
  const authority = await authorityOf(release, options.existingAuthority);
  const strange: string[] = [];
  for (const component of COMPONENTS) {
    const name = `${release.fullname}-tls-${component}`;
    const known = await getSecret(release.kubernetes, name);
    if (known !== undefined && known.entries["ca.crt"]?.trim() !== authority.certificate.trim()) strange.push(name);
    if (known !== undefined) continue;
    const issued = await issueCertificate(authority, dnsNames(release, component, options.clusterDomain));
    const entries = { "ca.crt": authority.certificate, "tls.crt": issued.certificate, "tls.key": issued.key };
    await addSecretEntries(release.kubernetes, { name, labels: labelsOf(release, component), entries });
  }
  return strange;
}

async function authorityOf(release: Release, existing: string | undefined): Promise<Issued> {
  if (existing !== undefined) {
    const given = await givenSecret(release.kubernetes, existing, ["ca.crt", "ca.key"]);
    return checkAuthority({ certificate: given["ca.crt"]!, key: given["ca.key"]! }, existing);
  }
  const name = `${release.fullname}-cluster-ca`;
  const labels = labelsOf(release, "prepare");
  const made = await makeAuthority(release.fullname);
  const entries = { "ca.crt": made.certificate, "ca.key": made.key };
  const kept = (await addSecretEntries(release.kubernetes, { name, labels, entries })).entries;
  return { certificate: kept["ca.crt"]!, key: kept["ca.key"]! };
}

function dnsNames(release: Release, component: string, domain: string): string[] {
  const { fullname, kubernetes } = release;
  const service = component === "node" ? `${fullname}-nodes` : `${fullname}-${component}`;
  const inside = `${service}.${kubernetes.namespace}`;
  const names = [service, inside, `${inside}.svc`, `${inside}.svc.${domain}`];
  return component === "node" ? [...names, ...names.map((name) => `*.${name}`)] : names;
}
