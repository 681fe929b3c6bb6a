"""Which methods learn from what another says of Pip's replies, whatever is paid for them."""

FROM_FEEDBACK = {"sdpo", "gopd", "reopold", "mopd", "follow_ups", "openclaw"}
