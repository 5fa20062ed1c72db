"""Keys: which one a request carries, and what it is good for.

Only digests are held and compared, each with every one, so that neither time nor a traceback tells about a key.
"""

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from app.errors import KeyForbiddenError, KeyMissingError

Headers = Iterable[tuple[bytes, bytes]]
"""As ASGI has them, names in lower case."""

_BEARER = b"bearer"
_HOW = "Send it as `Authorization: Bearer …` or `X-API-Key: …`."


@dataclass(frozen=True, slots=True)
class Caller:
    """Who holds a key: the first eight hexadecimal digits of the key's SHA-256, and whether it is an admin's."""

    fingerprint: str
    admin: bool


class Keyring:
    """The keys that are good. Client routes are open where there are no client keys; admin routes never are."""

    def __init__(self, client_keys: Sequence[str], admin_keys: Sequence[str]) -> None:
        self._client = [_digest(key.encode()) for key in client_keys]
        self._admin = [_digest(key.encode()) for key in admin_keys]
        self.open_to_clients = not client_keys

    def check_client(self, headers: Headers) -> None:
        """Raises `KeyMissingError` where a client route asks for a key that `headers` do not have."""
        if not self.open_to_clients:
            self._known(headers)

    def check_admin(self, headers: Headers) -> Caller:
        """Who may use an admin route. Raises `KeyMissingError`, or `KeyForbiddenError` for a client's key."""
        caller = self._known(headers)
        if not caller.admin:
            raise KeyForbiddenError("This key is a client's; the route needs an admin key.")
        return caller

    def caller(self, headers: Headers) -> Caller | None:
        """Whose key `headers` have; None where they have none, several, or one that nobody was given."""
        keys = _sent(headers)
        return self._holder(keys.pop()) if len(keys) == 1 else None

    def _known(self, headers: Headers) -> Caller:
        keys = _sent(headers)
        if len(keys) != 1:
            what = "Several keys were sent; one is enough." if keys else "This route needs a key."
            raise KeyMissingError(f"{what} {_HOW}")
        caller = self._holder(keys.pop())
        if caller is None:
            raise KeyMissingError(f"The key that was sent is not a key of this service. {_HOW}")
        return caller

    def _holder(self, key: bytes) -> Caller | None:
        digest = _digest(key)
        admin, client = _among(digest, self._admin), _among(digest, self._client)
        return Caller(digest.hex()[:8], admin) if admin or client else None


def _digest(key: bytes) -> bytes:
    return sha256(key).digest()


def _among(digest: bytes, digests: Sequence[bytes]) -> bool:
    """In a time that does not depend on which one it is."""
    return sum([hmac.compare_digest(digest, other) for other in digests]) > 0


def _sent(headers: Headers) -> set[bytes]:
    """The different keys in `headers`. Authorization by another scheme than Bearer is somebody else's business."""
    keys = set()
    for name, value in headers:
        if name == b"x-api-key":
            keys.add(value.strip())
        elif name == b"authorization":
            scheme, _, key = value.strip().partition(b" ")
            if scheme.lower() == _BEARER:
                keys.add(key.strip())
    return keys - {b""}
