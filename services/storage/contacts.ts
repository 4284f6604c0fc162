import type { Pubkey } from "@swarmpost/crypto";
import type { NodeContact } from "@swarmpost/network-view";
import type { PeerContact } from "@swarmpost/rpc";
import type { NodeView } from "./node-view.ts";

/** Where other storages answer. The same proof gives the same object, which lets the links keep their connection cheaply. */
export function replicaContacts(view: NodeView): (peer: Pubkey) => PeerContact | undefined {
  const made = new WeakMap<NodeContact, PeerContact>();
  return (peer) => {
    const contact = view.current.node(peer)?.contact;
    if (contact === undefined) return undefined;
    const known = made.get(contact);
    if (known !== undefined) return known;
    const fresh = { host: contact.ip, port: contact.replicaPort, certificate: contact.certificate };
    made.set(contact, fresh);
    return fresh;
  };
}
