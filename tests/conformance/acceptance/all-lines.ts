/** Every line of the reference server's acceptance list (its network-tests, 2.11), by file. */
export const ALL_LINES: Readonly<Record<string, readonly string[]>> = {
  test_store_retrieve: [
    "store",
    "retrieve_unauthenticated",
    "retrieve_authenticated",
    "retrieve_multiple",
    "store_sig_timestamp",
  ],
  test_batch: ["batch_json", "batch_bt", "sequence", "failing_sequence"],
  test_big_retrieve: ["count", "size", "size_and_count", "retrieve_direction"],
  test_deletes: ["delete_all", "delete_all_all", "stale_delete_all", "delete", "delete_required", "delete_before"],
  test_expire: [
    "expire_all",
    "stale_expire_all",
    "expire",
    "expire_extend",
    "expire_shorten_extend",
    "expire_multi",
    "extend_trivial",
  ],
  test_ifelse: ["ifelse"],
  // Subscriptions exist on other transports only: each line is about readers that wait (docs/protocol/long-poll.md).
  test_monitor: ["reg_ed", "reg_session", "reg_subaccount", "push", "multi"],
  test_msg_ns: ["store_ns", "legacy_closed_ns", "store_invalid_ns", "public_outbox"],
  test_session_auth: ["session_auth", "non_session_no_ed25519"],
  test_subaccount_auth: ["retrieve", "store", "expire", "expire_trivial_extension", "revoke", "permissions"],
};

/** Lines that cannot be asked of this server, and why. */
export const NOT_APPLICABLE: Readonly<Record<string, string>> = {
  "test_batch.batch_bt":
    "bt-encoded requests exist on OMQ and QUIC only; the edge speaks HTTPS, whose requests are JSON",
};
