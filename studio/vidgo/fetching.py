"""Fetching a result's URL: only from where a result may stand, bounded in size and time.

Public addresses only, and the API's own host; the vetted address is the one connected to, and
each redirect is vetted again (SECURITY.md).
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
from django.conf import settings
from requests_hardened.ip_filter import InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter
from urllib3.exceptions import DecodeError
from urllib3.response import HTTPResponse

from studio.storage.files import CHUNK
from studio.vidgo.deadline import Deadline

MAX_REDIRECTS = 5
# Seconds: to connect, between two pieces, until the body begins, and for one file in all.
TIMEOUT = (10, 30)
PATIENCE = 60
LONGEST = 3600
_IPV4_COMPATIBLE = ip_network("::/96")


class FetchError(Exception):
    """A fetch that did not work. `gone`: the provider no longer has it at this URL."""

    def __init__(self, message: str, *, gone: bool = False) -> None:
        super().__init__(message)
        self.gone = gone


class PackingError(FetchError):
    """A body that is not packed as its header says."""


@contextmanager
def fetch(url: str, headers: dict[str, str]) -> Iterator[requests.Response]:
    """Open `url` for reading in pieces, following redirects that may be followed.

    Raises FetchError with a sentence that holds no URL, since a URL can open something.
    """
    response = None
    try:
        response = _follow(url, headers)
        if response.status_code not in (200, 206, 416):
            raise FetchError(
                f"Vidgo's storage answered {response.status_code}.",
                gone=response.status_code in (401, 403, 404, 410),
            )
        yield response
    except (requests.RequestException, UnicodeError, ValueError) as error:
        raise FetchError(f"Vidgo's storage could not be read ({type(error).__name__}).") from None
    finally:
        if response is not None:
            response.close()


def is_packed(response: requests.Response) -> bool:
    """Return whether the body is packed in a way that `pieces` can undo, although none was asked
    for: storage keeps some objects so (RFC 9110, 8.4).
    """
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    return encoding in HTTPResponse.CONTENT_DECODERS


def pieces(response: requests.Response, *, unpack: bool = False) -> Iterator[bytes]:
    """Yield the body in pieces of bounded size, undecoded unless `unpack` says so.

    Raises FetchError if it breaks or takes too long, PackingError if it cannot be unpacked.
    """
    end = time.monotonic() + LONGEST
    try:
        # As much as is there: a trickle is seen as one, and the row is kept meanwhile.
        while piece := response.raw.read1(CHUNK, decode_content=unpack):
            if time.monotonic() > end:
                raise FetchError("Vidgo's storage is too slow.")
            yield piece
    except FetchError:
        raise
    except DecodeError:
        raise PackingError("Vidgo's storage sent what cannot be unpacked.") from None
    except Exception as error:  # urllib3's own
        raise FetchError(f"The download broke off ({type(error).__name__}).") from None


def _follow(url: str, headers: dict[str, str]) -> requests.Response:
    """Open what `url` leads to in the end."""
    with Deadline(PATIENCE) as deadline:
        for _ in range(MAX_REDIRECTS + 1):
            response = _open(deadline, url, headers)
            deadline.check()
            if not response.is_redirect:
                return response
            url = urljoin(url, response.headers["Location"])
            response.close()
    raise FetchError("Vidgo's address leads in circles.")


def _open(deadline: Deadline, url: str, headers: dict[str, str]) -> requests.Response:
    session = deadline.session()
    # Undecoded, so that what is counted and resumed is what is kept.
    asked = requests.Request("GET", url, {**headers, "Accept-Encoding": "identity"}).prepare()
    # What is judged is the address as it will be used, not as it was written.
    parts = urlsplit(asked.url or "")
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise FetchError("Vidgo's address is no web address.")
    if not _is_the_api(parts):
        for scheme in ("http", "https"):
            deadline.mount(session, scheme, _Vetted(is_https_proto=scheme == "https"))
    return session.send(asked, stream=True, timeout=TIMEOUT, allow_redirects=False)


def _is_the_api(parts: SplitResult) -> bool:
    """Return whether an address is the API's own, which may stand anywhere; of a trial API on this
    machine every port, since its files may have a server of their own.
    """
    api = urlsplit(settings.VIDGO_API_URL)
    if settings.API_ON_LOOPBACK:
        return parts.hostname == api.hostname
    return (parts.scheme, parts.netloc) == (api.scheme, api.netloc)


class _Vetted(IPFilterAdapter):
    """Looks a name up once and connects to what it found, if that is a public address."""

    def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
        """Return where to connect to. Raises InvalidIPAddress for what is not public."""
        host, pool = super().build_connection_pool_key_attributes(*args, **kwargs)
        address = ip_address(host["host"].strip("[]"))
        if not _is_public(address):
            raise InvalidIPAddress(address)
        return host, pool


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    """Return whether an address is public, with no other inside it: what the library lets pass."""
    is_old = isinstance(address, IPv6Address) and (
        address.is_site_local or address in _IPV4_COMPATIBLE
    )
    return not is_old and address.is_global and not address.is_multicast and not address.is_reserved
