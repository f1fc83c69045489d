"""Why an address could not be reached, in words that an administrator can act on."""

import socket
import ssl

from requests.exceptions import ProxyError, Timeout
from urllib3.exceptions import NameResolutionError

# By what is nearest to the cause: a refused connection is also one that was not made in time.
_WORDS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((ProxyError,), "the proxy did not pass it on"),
    ((ssl.SSLCertVerificationError,), "its certificate is not trusted"),
    ((ssl.SSLError,), "it does not speak TLS"),
    ((socket.gaierror, NameResolutionError), "its name is not known here"),
    ((ConnectionRefusedError,), "the connection was refused"),
    ((Timeout, TimeoutError), "it did not answer in time"),
)


def why(error: BaseException) -> str:
    """Return why a request failed before it left, as the end of a sentence."""
    causes = _causes(error)
    for kinds, words in _WORDS:
        for each in causes:
            if isinstance(each, kinds):
                detail = getattr(each, "verify_message", "")
                return f"{words} ({detail})" if detail else words
    return "the connection could not be made"


def _causes(error: BaseException) -> list[BaseException]:
    """Return the error and what led to it: libraries wrap each other's in several ways."""
    causes = [error]
    for each in causes:
        inner = (*each.args, each.__cause__, each.__context__)
        causes += [one for one in inner if isinstance(one, BaseException) and one not in causes]
    return causes
