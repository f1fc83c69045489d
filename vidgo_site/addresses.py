"""What an address tells by itself, without a look-up: scheme, host, loopback or not."""

import ipaddress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from urllib.parse import urlsplit

# Last parts of names that are known at home or in an office only.
_HOME = ("localhost", "local", "internal", "lan", "home", "corp", "test", "invalid")


def is_loopback(url: str) -> bool:
    """Return whether `url` names this very machine: `localhost`, 127.0.0.0/8 or ::1."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_reachable_from_outside(url: str) -> bool:
    """Return whether Vidgo could reach `url`: https on a name or a public address.

    The rule for `callback_url`: https, public address (vidgo-api.md, "Callback").
    """
    return urlsplit(url).scheme == "https" and has_public_host(url)


def has_public_host(url: str) -> bool:
    """Return whether `url` could name a host on the open web, as far as it tells by itself."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        # No name ends in a number: 127.1 and 0x7f.1 are other ways to write an address.
        last = host.rpartition(".")[2]
        return "." in host and not last[:1].isdigit() and last not in _HOME


def http_address(value: str) -> str:
    """Return `value` without its closing slashes if it is an http(s) address with a host only.

    Raises ValueError with the reason otherwise.
    """
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https"):
        raise ValueError("it must begin with http:// or https://")
    if not parts.hostname:
        raise ValueError("it names no host")
    if parts.username or parts.query or parts.fragment:
        raise ValueError("it must be an address alone, without sign-in, query or fragment")
    _ = parts.port  # raises ValueError for a port that is no port
    return value.rstrip("/")


def peer(told: str) -> IPv4Address | IPv6Address:
    """Return the address of a caller as a socket or a proxy tells it.

    A port and brackets may stand with it, as some proxies write them; IPv4 inside IPv6, as a
    socket for both tells it, is IPv4. Raises ValueError for what is no address.
    """
    told = told.strip()
    if told.startswith("["):
        told = told[1:].partition("]")[0]
    elif told.count(":") == 1:
        told = told.partition(":")[0]
    found = ipaddress.ip_address(told)
    return (isinstance(found, IPv6Address) and found.ipv4_mapped) or found


def network(told: str) -> IPv4Network | IPv6Network:
    """Return the network that `told` writes; one of IPv4 inside IPv6 is one of IPv4, as a peer is.

    Raises ValueError for what is no network.
    """
    found = ipaddress.ip_network(told.strip())
    inner = found.network_address.ipv4_mapped if isinstance(found, IPv6Network) else None
    return IPv4Network((inner, found.prefixlen - 96)) if inner and found.prefixlen >= 96 else found
