"""Planted bugs at the edges: Salesforce, webhooks, tokens, and whose numbers somebody may see."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

_BEARER = "chalicelib/adapters/bearer.py"
_WEB = "chalicelib/handlers/web.py"
_OUTBOUND = "chalicelib/adapters/outbound_message.py"
_HANDLER = "chalicelib/handlers/salesforce.py"
_RECEIVE = "chalicelib/services/receive_registrations.py"
_SWEEP = "chalicelib/services/sweep_salesforce.py"

_T_BEARER = "tests/adapters/test_bearer.py::"
_T_WEB = "tests/handlers/test_web.py::"
_T_REPS = "tests/handlers/test_reps.py::"
_T_OUTBOUND = "tests/adapters/test_outbound_message.py::"
_T_SALESFORCE = "tests/handlers/test_salesforce.py::"
_T_SWEEP = "tests/services/test_sweep_salesforce.py::"
_T_WEBHOOKS = "tests/adapters/rewards/test_webhooks.py::"

EDGE = (
    Mutant(
        "ack-before-commit",
        "a message is acknowledged when its records are noted, before they are committed",
        _RECEIVE,
        "return scorer.score_registration(registration_from(mapping, record.fields), now)",
        'work.put("to_score", record_id, _kept(record), now)\n    return "changed"',
        (_T_SALESFORCE + "test_an_approved_registration_is_committed_before_the_ack",),
    ),
    Mutant(
        "fault-as-ack",
        "a message that could not be committed is acknowledged",
        _HANDLER,
        'return _fault(500, "Not every record could be stored. Send the message again.")',
        "from chalicelib.adapters import outbound_message\n\n        return Response(outbound_message.ack(), XML, 200)",
        (_T_SALESFORCE + "test_a_failure_is_a_fault_and_never_an_ack",),
    ),
    Mutant(
        "part-of-a-message-acknowledged",
        "a message is acknowledged when some of its records were committed",
        _RECEIVE,
        "    if failures:\n        raise",
        "    if len(failures) == len(records):\n        raise",
        (
            "tests/services/test_receive_registrations.py::test_one_broken_record_withholds_the_ack_and_not_the_other_records",
        ),
    ),
    Mutant(
        "first-token-only",
        "only the first of two live tokens opens: a rotation loses messages",
        _OUTBOUND,
        "    for token in live:\n",
        "    for token in list(live)[:1]:\n",
        (_T_OUTBOUND + "test_both_live_tokens_open_and_nothing_else_does",),
    ),
    Mutant(
        "rotated-token-refused",
        "a token rotated a minute ago is refused until the cache is old",
        _HANDLER,
        "for fresh in (False, True)",
        "for fresh in (False,)",
        (_T_SALESFORCE + "test_a_rotated_token_works_without_waiting_for_the_cache",),
    ),
    Mutant(
        "any-organization",
        "messages of any Salesforce organization are taken",
        _OUTBOUND,
        "hmac.compare_digest(told[:15].encode(), ours[:15].encode())",
        "hmac.compare_digest(told[:3].encode(), ours[:3].encode())",
        (_T_OUTBOUND + "test_the_organization_is_compared_on_fifteen_characters",),
    ),
    Mutant(
        "no-depth-limit",
        "XML may be nested as deep as it likes",
        "chalicelib/adapters/outbound_xml.py",
        "if len(self.path) >= DEEPEST:",
        "if len(self.path) >= DEEPEST**9:",
        (_T_OUTBOUND + "test_xml_nested_two_hundred_thousand_deep_is_stopped_at_the_eleventh_level",),
    ),
    Mutant(
        "entities-expanded",
        "a document type is read: an XML bomb expands",
        "chalicelib/adapters/outbound_xml.py",
        "DefusedExpatParser(namespaceHandling=1, forbid_dtd=True)",
        "DefusedExpatParser(namespaceHandling=1, forbid_dtd=False, forbid_entities=False)",
        (_T_OUTBOUND + "test_document_types_and_entities_are_refused",),
    ),
    Mutant(
        "cursor-before-commit",
        "the sweep's cursor moves before the page is committed: a crash in between loses the page",
        _SWEEP,
        "        for record in page:\n            _commit(mapping, record, scorer, report)\n"
        "        if page and not report.failures:\n"
        "            last = registration_from(mapping, page[-1]).version\n"
        "            if report.cursor is None or last > report.cursor:\n"
        "                report.cursor = last\n"
        "                sweeps.move(mapping.object, last)\n",
        "        if page and not report.failures:\n"
        "            last = registration_from(mapping, page[-1]).version\n"
        "            if report.cursor is None or last > report.cursor:\n"
        "                report.cursor = last\n"
        "                sweeps.move(mapping.object, last)\n"
        "        for record in page:\n            _commit(mapping, record, scorer, report)\n",
        (_T_SWEEP + "test_the_cursor_waits_before_a_record_that_cannot_be_committed",),
    ),
    Mutant(
        "cursor-past-failure",
        "the sweep's cursor moves past a record that could not be committed: it is never read again",
        _SWEEP,
        "if page and not report.failures:",
        "if page:",
        (_T_SWEEP + "test_the_cursor_waits_before_a_record_that_cannot_be_committed",),
    ),
    Mutant(
        "no-overlap",
        "the sweep reads from its cursor on: a long transaction that became visible late is never read",
        _SWEEP,
        "since = cursor - OVERLAP if cursor else now - FIRST_REACH",
        "since = cursor if cursor else now - FIRST_REACH",
        (_T_SWEEP + "test_a_long_transaction_that_became_visible_late_is_still_read",),
    ),
    Mutant(
        "algorithm-not-pinned",
        "a token is verified by the algorithm its own header names",
        _BEARER,
        """        if header.get("alg") != "RS256":
            raise InvalidToken("the token must be signed with RS256")
        issuer = unverified.get("iss")
        pems = self.keys.get(issuer[:15]) if isinstance(issuer, str) and len(issuer) in (15, 18) else None
        if pems is None:
            raise InvalidToken("the token was issued by an organization this deployment does not serve")
        for pem in pems:
            try:
                payload = jwt.PyJWS().decode(token, key=_rsa_key(pem), algorithms=["RS256"])
""",
        """        issuer = unverified.get("iss")
        pems = self.keys.get(issuer[:15]) if isinstance(issuer, str) and len(issuer) in (15, 18) else None
        if pems is None:
            raise InvalidToken("the token was issued by an organization this deployment does not serve")
        for pem in pems:
            try:
                payload = jwt.PyJWS().decode(token, key=_rsa_key(pem), algorithms=[str(header.get("alg"))])
""",
        (_T_BEARER + "test_a_good_signature_of_another_algorithm_is_not_taken",),
    ),
    Mutant(
        "signature-not-checked",
        "a token is believed whatever its signature",
        _BEARER,
        "continue  # the other key, while the org rotates its certificate",
        "return dict(unverified)",
        (_T_BEARER + "test_a_forged_signature_is_refused",),
    ),
    Mutant(
        "audience-not-checked",
        "a token made for another service is taken",
        _BEARER,
        "if aud != audience and not (isinstance(aud, list) and audience in aud):",
        "if aud is None:",
        (_T_BEARER + "test_a_well_signed_token_is_refused_when_it_is",),
    ),
    Mutant(
        "expiry-not-checked",
        "a token is good for a day after it has expired",
        _BEARER,
        "if now >= exp + LEEWAY_S:",
        "if now >= exp + 86_400:",
        (_T_BEARER + "test_a_well_signed_token_is_refused_when_it_is",),
    ),
    Mutant(
        "any-role",
        "any role opens any route",
        _WEB,
        "if not caller.has_any(roles):",
        "if not caller.roles:",
        (_T_WEB + "test_the_right_person_in_the_wrong_role_is_403",),
    ),
    Mutant(
        "rep-from-the-query",
        "whose numbers are shown is taken from the query",
        _WEB,
        "    query = _query(request, allowed, caller)\n",
        '    asked = (request.query_params or {}).get("rep")\n'
        "    caller = Caller(caller.org, asked or caller.user, caller.roles)\n"
        "    query = _query(request, allowed, caller)\n",
        (_T_REPS + "test_another_reps_id_is_refused_everywhere",),
    ),
    Mutant(
        "colleagues-deals",
        "a rep is shown every deal of an account she has one with",
        "chalicelib/services/deal_views.py",
        "            if rep in deal.seen_by() or deal.id in posted:\n",
        "            if deal.seen_by() or deal.id in posted:\n",
        ("tests/services/test_rep_views.py::test_a_colleagues_deal_with_the_same_account_is_not_shown",),
    ),
    Mutant(
        "hmac-over-rewritten-body",
        "a webhook's signature is compared over the body parsed and written again",
        "chalicelib/adapters/rewards/tremendous.py",
        "if not signatures.is_signed(raw, header, self._secrets):",
        "again = answers.json.dumps(answers.parsed(raw), default=str).encode()\n"
        "        if not signatures.is_signed(again, header, self._secrets):",
        (
            _T_WEBHOOKS + "test_a_signed_event_is_read",
            _T_WEBHOOKS + "test_a_signature_over_the_body_written_again_is_no_signature",
        ),
    ),
    Mutant(
        "first-secret-only",
        "a webhook's signature is compared under the first live secret only",
        "chalicelib/adapters/rewards/signatures.py",
        "    for secret in secrets:\n",
        "    for secret in secrets[:1]:\n",
        (_T_WEBHOOKS + "test_while_a_secret_is_replaced_both_are_good",),
    ),
    Mutant(
        "unchecked-webhook-acknowledged",
        "a webhook that could not be checked or stored is acknowledged",
        "chalicelib/handlers/rewards.py",
        "return _answer(503)",
        "return _answer(200)",
        ("tests/handlers/test_rewards.py::test_without_a_secret_nothing_is_taken_and_the_provider_comes_again",),
    ),
)
