import type { Pubkey } from "@swarmpost/crypto";
import type { NetworkView, NodeContact } from "@swarmpost/network-view";
import type { PeerContact } from "@swarmpost/rpc";

/** Which keys a network, or a fault that a test injects, lets through. */
export type Admit = (key: Pubkey) => boolean;

/** Where other relays answer. The same proof gives the same object, so that a look-up costs nothing. */
export function peerContacts(view: () => NetworkView, admit: Admit): (peer: Pubkey) => PeerContact | undefined {
  const made = new WeakMap<NodeContact, PeerContact>();
  return (peer) => {
    const contact = admit(peer) ? view().node(peer)?.contact : undefined;
    if (!contact) return undefined;
    const known = made.get(contact);
    if (known) return known;
    const fresh = { host: contact.ip, port: contact.peerPort, certificate: contact.certificate };
    made.set(contact, fresh);
    return fresh;
  };
}
