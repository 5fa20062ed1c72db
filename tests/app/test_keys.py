import hmac

import pytest

from app.errors import KeyForbiddenError, KeyMissingError
from app.keys import Keyring

CLIENT, OTHER, ADMIN = "client-key-0123456789", "other-client-key-56789", "admin-key-0123456789ab"


@pytest.fixture
def ring():
    return Keyring((CLIENT, OTHER), (ADMIN,))


def bearer(key, scheme="Bearer"):
    return (b"authorization", f"{scheme} {key}".encode())


def header(key):
    return (b"x-api-key", key.encode())


@pytest.mark.parametrize("key", [CLIENT, OTHER, ADMIN])
@pytest.mark.parametrize(
    "sent", [bearer, header, lambda key: bearer(key, "bearer"), lambda key: bearer(key, "BEARER ")]
)
def test_every_key_opens_client_routes_however_it_is_sent(ring, key, sent):
    ring.check_client([(b"host", b"x"), sent(key)])


def test_an_admin_key_opens_admin_routes_and_a_clients_does_not(ring):
    caller = ring.check_admin([bearer(ADMIN)])
    assert (caller.admin, caller.fingerprint) == (True, "eaa85c40")  # printf %s KEY | sha256sum
    with pytest.raises(KeyForbiddenError):
        ring.check_admin([bearer(CLIENT)])


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [bearer("")],
        [header("")],
        [(b"authorization", b"Bearer")],
        [(b"authorization", b"")],
        [(b"authorization", CLIENT.encode())],
        [bearer(CLIENT, "Basic")],
        [bearer(CLIENT[:-1])],
        [bearer(CLIENT + "x")],
        [bearer(CLIENT.upper())],
        [bearer(f"{CLIENT},{OTHER}")],
        [(b"authorization", b"Bearer \xff\xfe\x00")],
        [(b"x-api-key", "ключ".encode())],
        [bearer("x" * 1_000_000)],
        [bearer(CLIENT), bearer(OTHER)],
        [bearer(CLIENT), header(ADMIN)],
        [bearer(CLIENT), header("unknown")],
    ],
)
def test_no_key_an_unknown_one_and_several_are_refused_alike(ring, headers):
    for check in (ring.check_client, ring.check_admin):
        with pytest.raises(KeyMissingError):
            check(headers)
    assert ring.caller(headers) is None


@pytest.mark.parametrize(
    "headers",
    [
        [bearer(CLIENT), bearer(CLIENT)],
        [bearer(CLIENT), header(CLIENT)],
        [bearer("of-a-proxy", "Basic"), header(CLIENT)],
        [(b"authorization", b"  Bearer   " + CLIENT.encode() + b" ")],
    ],
)
def test_the_same_key_twice_is_one_and_other_schemes_are_passed_over(ring, headers):
    ring.check_client(headers)


def test_a_key_may_be_of_any_characters():
    Keyring(("schlüssel-über-alles",), ()).check_client([bearer("schlüssel-über-alles")])


def test_without_client_keys_client_routes_are_open_and_admin_routes_are_not():
    ring = Keyring((), (ADMIN,))
    assert ring.open_to_clients
    ring.check_client([])
    ring.check_client([bearer("anything")])
    with pytest.raises(KeyMissingError):
        ring.check_admin([])


def test_without_an_admin_key_nobody_is_an_admin():
    with pytest.raises(KeyMissingError):
        Keyring((), ()).check_admin([bearer("")])


def test_a_key_is_compared_in_constant_time_with_every_one(ring, monkeypatch):
    compared = []

    def compare(one, other):
        compared.append(other)
        return original(one, other)

    original = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", compare)
    for key in (CLIENT, OTHER, ADMIN, "unknown"):
        compared.clear()
        ring.caller([bearer(key)])
        assert len(compared) == 3


def test_no_key_is_in_what_can_be_printed(ring):
    assert CLIENT not in f"{ring!r}{vars(ring)}{ring.caller([bearer(CLIENT)])}"
    with pytest.raises(KeyMissingError) as error:
        ring.check_client([bearer("a-key-with-a-typing-error")])
    assert "typing" not in str(error.value)
