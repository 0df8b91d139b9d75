"""tinys3: quick and minimal S3 for Python, in one file.

    import tinys3

    conn = tinys3.Connection(ACCESS_KEY, SECRET_KEY, default_bucket='photos')
    conn.upload('2013/cat.jpg', 'cat.jpg', expires='max')
    print(conn.get('2013/cat.jpg').content[:4])
    for entry in conn.list('2013/'):
        print(entry['key'], entry['size'], entry['last_modified'])

    with tinys3.Pool(ACCESS_KEY, SECRET_KEY, 'photos', size=16) as pool:
        for response in pool.as_completed(
                pool.upload(name, name) for name in names):
            print(response.key, response.etag)

help(tinys3.Connection) tells of the operations, each with an example; a Pool
has the same. Copy this file into a project, or install it: it needs the
standard library only, of CPython 3.6 or newer or of PyPy 3. Its rooms, each
using only those above it: errors, small tools, bodies, messages, signatures,
addresses, retry, transport, credentials chain, transfers, trees, Connection,
Pool, command line.

Copyright (c) 2026 the tinys3 authors. MIT licence; keep this line.
"""
import binascii
import collections
import errno
import functools
import io
import itertools
import os
import re
import stat
import sys
import threading
import time
import zlib

TYPE_CHECKING = False
if TYPE_CHECKING:       # typing costs a cold start 10 ms
    import argparse
    import datetime
    import logging
    import socket
    import ssl
    from concurrent.futures import Executor, Future
    from typing import (
        IO, Any, Callable, Concatenate, Dict, Iterable, Iterator, List,
        Mapping, NoReturn, Optional, ParamSpec, Sequence, Set, Tuple, Type,
        TypeVar, Union)
    from types import TracebackType
    P = ParamSpec('P')
    T = TypeVar('T')
    Found = Union['Credentials', str]   # or why there are none
    E = TypeVar('E', bound='S3Error')
    OptStr = Optional[str]
    Entry = Dict[str, Any]
    Part = Tuple[int, Dict[str, str]]
    Fields = Optional[Mapping[str, Any]]
    Expires = Union[int, float, str, 'datetime.timedelta', None]
    Lifetime = Union[int, 'datetime.timedelta']
    Range = Tuple[int, Optional[int]]
    Progress = Optional[Callable[[int], object]]
    Patterns = Union[str, Iterable[str], None]
    Rules = Sequence[Tuple[bool, str]]
    Provider = Optional[Callable[[], 'Credentials']]
    Place = Tuple[str, str, int]
    Home = Tuple[int, bytes, bytes]
    Proxy = Union[str, bool, None]
    _StrDict = Dict[str, str]
else:
    _StrDict = dict

__version__ = '1.0.0'
__all__ = [
    'S3Error', 'ResponseError', 'NotFound', 'AccessDenied',
    'PreconditionFailed', 'TransportError', 'IntegrityError',
    'CredentialsError', 'BatchError', 'Response', 'Credentials', 'sign',
    'presign_url', 'Retry', 'MultipartUpload', 'Summary', 'Connection',
    'Conn', 'Pool', 'main']

# What S3 allows ("Amazon S3 multipart upload limits", "Object keys").
_MAX_KEY = 1024                     # bytes of UTF-8
_MAX_PUT = 5 * 1024 ** 3            # bytes in one PUT, or in one part
_MIN_PART = 5 * 1024 ** 2           # bytes in each part but the last
_MAX_PARTS = 10000                  # parts of one object
_MAX_METADATA = 2048                # bytes of user metadata
_MAX_BATCH = 1000                   # keys in one DeleteObjects
_MAX_PRESIGN = 7 * 24 * 3600        # seconds

# What an answer may cost us, and how we cut what we send; all in bytes.
_MAX_HEAD = 64 * 1024               # status line and headers
_MAX_ERROR = 64 * 1024              # the body of an error
_MAX_XML = 64 * 1024 * 1024         # any other XML
_MAX_ELEMENTS = 10 ** 6             # elements in it: each takes 200 bytes
_SMALL = 64 * 1024                  # a body up to this leaves with its head
_BLOCK = 256 * 1024                 # one read or write


# ---------------------------------------------------------------------------
# Errors: the service said no, or there was no answer.
# Knows who failed on what. Must not know: HTTP, XML.
# ---------------------------------------------------------------------------

class S3Error(Exception):
    """Anything the service or the network did wrong.

    `method`, `bucket` and `key` say what was tried and on what, where there
    is such; its text is one line, without secrets. It pickles. Mistakes of
    the caller are ValueError and TypeError instead.

        try:
            conn.upload('lock', b'', headers={'If-None-Match': '*'})
        except tinys3.PreconditionFailed:
            print('somebody else has it')
        except (tinys3.NotFound, tinys3.AccessDenied) as error:
            print('not in this bucket:', error.bucket, error.code)
        except tinys3.ResponseError as error:
            print(error.status_code, error.message, error.request_id)
        except (tinys3.CredentialsError, tinys3.TransportError) as error:
            print('no answer:', error)
        except tinys3.S3Error as error:     # tinys3.IntegrityError, say
            print(error)
    """
    _final = False      # True where trying again cannot help
    _foreign = False    # ... where a source, a sink or progress raised it

    def __init__(self, message: str = '', method: 'OptStr' = None,
                 bucket: 'OptStr' = None, key: 'OptStr' = None) -> None:
        super().__init__(message)
        self.method, self.bucket, self.key = method, bucket, key


class ResponseError(S3Error):
    """The service answered, and the answer was no.

    `status_code` is HTTP's, `code` S3's (without a body the status phrase,
    as 'NotFound'), `message` S3's sentence; `request_id` and `host_id` are
    what support asks for; `response` is the whole answer. A 200 with an
    error inside keeps its 200.
    """
    _region = ''        # where the bucket is, if the answer tells

    def __init__(self, text: str = '', method: 'OptStr' = None,
                 bucket: 'OptStr' = None, key: 'OptStr' = None,
                 status_code: int = 0, code: str = '', message: str = '',
                 request_id: 'OptStr' = None, host_id: 'OptStr' = None,
                 response: 'Optional[Response]' = None) -> None:
        super().__init__(text, method, bucket, key)
        self.status_code, self.code, self.message = status_code, code, message
        self.request_id, self.host_id = request_id, host_id
        self.response = response


class NotFound(ResponseError):
    """No such key, bucket, version or upload (404)."""


class AccessDenied(ResponseError):
    """Not allowed, or the signature was refused (403)."""


class PreconditionFailed(ResponseError):
    """A condition of the request did not hold (412, or a lasting 409)."""


class TransportError(S3Error):
    """No usable answer: refused, reset, timed out, TLS, not HTTP, not S3.

    The cause is chained (`__cause__`) where there is one.
    """


class IntegrityError(S3Error):
    """Bytes do not match their length or checksum, or changed underneath."""
    _mismatch = False   # with a stored checksum: a second try may help


class CredentialsError(S3Error):
    """No credentials were found, half a pair, or they have expired."""
    _final = True       # but where the service that gives them was busy


class BatchError(S3Error):
    """Some keys of a `delete_many` failed.

    `errors` maps each such key to its error, `deleted` lists the others.

        try:
            conn.delete_many(keys)
        except tinys3.BatchError as error:
            print(sorted(error.errors), 'of', len(keys), 'are left')
    """

    def __init__(self, message: str = '', method: 'OptStr' = None,
                 bucket: 'OptStr' = None, key: 'OptStr' = None,
                 errors: 'Optional[Dict[str, S3Error]]' = None,
                 deleted: 'Optional[List[str]]' = None) -> None:
        super().__init__(message, method, bucket, key)
        self.errors, self.deleted = errors or {}, deleted or []


def _hopeless(error: 'E') -> 'E':
    """Mark an error as one that trying again cannot mend."""
    error._final = True
    return error


def _one_line(text: object, limit: int = 1200) -> str:
    """Fold text into one printable line of at most `limit` characters."""
    line = ''.join(c if c.isprintable() else ' ' for c in str(text)[:limit])
    return ' '.join(line.split()) + ('...' if len(str(text)) > limit else '')


def _theirs(call: 'Callable[..., T]', argument: object) -> 'T':
    """Call what a caller has passed: an error of ours that it raises is not
    about our request, and comes out as it is."""
    try:
        return call(argument)
    except S3Error as error:
        error._foreign = True
        raise


def _told(error: S3Error, method: str, bucket: 'OptStr',
          key: 'OptStr' = None) -> S3Error:
    """Tell an error what was tried, if it does not know yet."""
    if error.method is None and not error._foreign:
        error.method, error.bucket, error.key = method, bucket, key
        path = '' if key is None else '/' + _one_line(key)
        error.args = ('%s s3://%s%s: %s' % (
            method, bucket or '', path, error),)
    return error


def _checked(value: 'T', kinds: 'Any', name: str) -> 'T':
    """Return a value, or raise the TypeError of one of another kind."""
    if isinstance(value, kinds) and not isinstance(value, bool):
        return value
    kind = kinds[0] if isinstance(kinds, tuple) else kinds
    raise TypeError('%s must be %s, not %s' % (
        name, kind.__name__, type(value).__name__))


def _pairs_of(mapping: 'Fields', name: str) -> 'Iterable[Tuple[str, Any]]':
    """Return what a dict has; TypeError for what is none."""
    if mapping and not hasattr(mapping, 'items'):
        _checked(mapping, dict, name)
    return mapping.items() if mapping else ()


def _checked_count(value: int, name: str, least: int, most: int) -> int:
    """Refuse what is no whole number between two bounds."""
    if not least <= _checked(value, int, name) <= most:
        raise ValueError('%s must be %d to %d, not %d'
                         % (name, least, most, value))
    return value


# ---------------------------------------------------------------------------
# Small tools: quoting, dates, headers, names, XML, media types.
# Knows text and bytes. Must not know: any state.
# ---------------------------------------------------------------------------

# Our own table: urllib.parse.quote of Python 3.6 escapes the tilde.
_ESCAPES = {byte: '%%%02X' % byte for byte in set(range(256)).difference(
    b'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-')}
_is_plain_path = re.compile('[A-Za-z0-9._~/-]*\\Z').match


def _quote(text: str) -> str:
    """Percent-encode all but RFC 3986's unreserved characters."""
    return text.encode('utf-8').decode('latin-1').translate(_ESCAPES)


def _quote_path(key: str) -> str:
    """Percent-encode a key for a path, where its slashes stay."""
    return key if _is_plain_path(key) else _quote(key).replace('%2F', '/')


def _unquote(text: str) -> str:
    """Undo the form encoding of a listing: %XX, and + for a space."""
    if '%' in text or '+' in text:
        import urllib.parse
        text = urllib.parse.unquote_plus(text)
    return text


def _decoder(page: '_Element') -> 'Callable[[str], str]':
    """Return what decodes the keys of a page of a listing: the server says
    whether it encoded them, whatever was asked for."""
    return _unquote if page.text('EncodingType') == 'url' else str


def _query(query: 'Mapping[str, Any]') -> str:
    """Write a query, percent-encoded; None is an empty value."""
    return '&'.join(
        _quote(name) + '=' + _quote('' if value is None else str(value))
        for name, value in query.items())


@functools.lru_cache(maxsize=16)
def _amz_date(now: float) -> str:
    """Write a time as signatures want it, 20130524T000000Z; whole seconds
    are kept for the next request."""
    return time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(now))


@functools.lru_cache(maxsize=1024)
def _parse_iso_date(text: str) -> 'Optional[datetime.datetime]':
    """Read an ISO 8601 UTC time, with or without a fraction; aware. Many
    entries of a listing have the same: keeping some halves its time."""
    import datetime
    try:
        return datetime.datetime(
            int(text[:4]), int(text[5:7]), int(text[8:10]), int(text[11:13]),
            int(text[14:16]), int(text[17:19]),
            int(text[20:].rstrip('Z')[:6].ljust(6, '0')),
            datetime.timezone.utc)
    except ValueError:
        return None


_MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec'


def _parse_http_date(text: str) -> 'Optional[float]':
    """Read an HTTP date as seconds since the epoch; None if it is none."""
    found = re.match(r'\w{3}, (\d\d) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT'
                     r'\Z', text)
    month = _MONTHS.find(found.group(2)) if found else -1
    if not found or month % 3:
        return None
    day, _, year, *clock = found.groups()
    moment = _parse_iso_date('%s-%02d-%sT%sZ' % (
        year, month // 3 + 1, day, ':'.join(clock)))
    return moment.timestamp() if moment else None


def _seconds(value: 'Any', name: str) -> int:
    if hasattr(value, 'total_seconds'):
        value = value.total_seconds()
    if 0 <= _checked(value, (int, float), name) < 2 ** 53:
        return int(value)
    raise ValueError('%s is %r: it must not be negative or endless'
                     % (name, value))


def _cache_control(expires: 'Expires', public: 'Optional[bool]') -> str:
    """Say in Cache-Control how long a copy may be kept; 'max' is a year."""
    if isinstance(expires, str):
        if expires != 'max':
            raise ValueError("expires is %r: it must be seconds, a timedelta "
                             "or 'max'" % expires)
        expires = 365 * 86400
    return 'max-age=%d%s' % (
        _seconds(expires, 'expires'), ', public' if public else '')


def _bare_etag(etag: str) -> str:
    """Take the quotes, and a weak mark, off an ETag."""
    return (etag[2:] if etag.startswith('W/') else etag).strip('"')


def _quoted_etag(etags: str) -> str:
    """Put quotes on the ETags of a condition where they lack them."""
    tags = re.findall(r'(?:W/)?"[^"]*"|[^\s,][^,]*', etags)
    return ', '.join(
        tag if tag == '*' or tag.endswith('"') else '"%s"' % tag
        for tag in map(str.strip, tags))


def _base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode('ascii')


class _Crc32(object):
    """The CRC-32, after the manner of hashlib."""
    _crc = 0

    def update(self, data: 'Union[bytes, memoryview]') -> None:
        """Go on with data."""
        self._crc = zlib.crc32(data, self._crc)

    def digest(self) -> bytes:
        """Return the checksum, big endian."""
        return self._crc.to_bytes(4, 'big')


def _new_hash(name: str) -> 'Any':
    """Begin a digest; None where FIPS forbids the algorithm."""
    import hashlib      # OpenSSL takes 2 ms to import, a tenth of ours
    begin: 'Any' = getattr(hashlib, name, _Crc32)
    try:
        return begin()
    except (TypeError, ValueError):
        pass
    try:
        return begin(usedforsecurity=False)
    except (TypeError, ValueError):     # before 3.9 there is no option
        return None


def _sha256(data: bytes) -> str:
    import hashlib
    return hashlib.sha256(data).hexdigest()


@functools.lru_cache(maxsize=1)
def _logger() -> 'logging.Logger':
    import logging
    return logging.getLogger('tinys3' if __name__ == '__main__' else __name__)


class _Headers(_StrDict):
    """Headers: a dict whose keys are lower case, looked up in any case."""

    def __init__(self, headers: 'Fields' = None) -> None:
        if headers:
            self.update({name.lower(): value
                         for name, value in headers.items()})

    def __setitem__(self, name: str, value: str) -> None:
        super().__setitem__(name.lower(), value)

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return super().__contains__(str(name).lower())

    def get(self, name: str, default: 'Any' = None) -> 'Any':
        """Return the header, or the default."""
        return super().get(name.lower(), default)

    def pop(self, name: str, *default: 'Any') -> 'Any':
        """Remove the header and return it, or the default."""
        return super().pop(name.lower(), *default)

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name.lower())


_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
_CONTROL = r'[\x00-\x1f\x7f]'
_OURS = frozenset((
    'host', 'content-length', 'transfer-encoding', 'authorization',
    'x-amz-date', 'x-amz-content-sha256'))
_OBJECT_HEADERS = frozenset((
    'cache-control', 'content-type', 'content-disposition',
    'content-encoding', 'content-language', 'expires'))


def _ascii_header(name: str, value: str) -> str:
    """Return a value as ASCII; a file name is written as RFC 8187 says."""
    if all(character <= '~' for character in value):
        return value
    named = re.match(r'([^;]+;\s*)filename="?([^";]*)"?$', value)
    if name == 'content-disposition' and named:
        return "%sfilename*=UTF-8''%s" % (named.group(1),
                                          _quote(named.group(2)))
    raise ValueError('header %s: only ASCII can be signed and sent; encode '
                     'the value, perhaps with urllib.parse.quote' % name)


def _checked_headers(headers: 'Fields') -> 'Dict[str, str]':
    """Return a caller's headers, refusing what could not be sent safely.

    http.client lets a folded line through ("a\\n b") and writes Latin-1,
    which no server signs as we do.
    """
    checked: 'Dict[str, str]' = {}
    for name, value in _pairs_of(headers, 'headers'):
        lower = _checked(name, str, 'the name of a header').lower()
        _checked(value, str, 'header ' + name)
        for refused, why in (
                (not _TOKEN.match(name), 'is not the name of a header'),
                (lower in _OURS, 'is set by tinys3: leave it out'),
                (lower in checked, 'is given twice'),
                (re.search(_CONTROL, value),
                 'must not hold control characters and line breaks')):
            if refused:
                raise ValueError('%r %s' % (name, why))
        if lower in ('if-match', 'if-none-match'):
            value = _quoted_etag(value)
        checked[lower] = _ascii_header(lower, value.strip())
    return checked


def _metadata_headers(metadata: 'Fields') -> 'Dict[str, OptStr]':
    """Name metadata as it is sent: object headers as they are, all else as
    x-amz-meta-NAME. A value None stays None: it removes."""
    named: 'Dict[str, OptStr]' = {}
    for name, value in _pairs_of(metadata, 'metadata'):
        lower = _checked(name, str, 'the name of metadata').lower()
        if not lower.startswith('x-amz-') and lower not in _OBJECT_HEADERS:
            lower = 'x-amz-meta-' + lower
        if lower in named:
            raise ValueError('metadata %s is given twice' % name)
        named[lower] = None if value is None else _checked_headers(
            {lower: value})[lower]
    return named


def _check_metadata_size(headers: 'Mapping[str, str]') -> None:
    size = sum(len(name) - len('x-amz-meta-') + len(value)
               for name, value in headers.items()
               if name.startswith('x-amz-meta-'))
    if size > _MAX_METADATA:
        raise ValueError('user metadata of %d bytes: S3 keeps at most %d'
                         % (size, _MAX_METADATA))


# Such patterns are compiled when first used: 3 ms of a cold start.
_ACCESS_POINT = (
    r'arn:aws[a-z-]*:s3:(?P<region>[a-z0-9-]{1,32}):(?P<account>\d{12}):'
    r'accesspoint[:/](?P<name>[a-z0-9-]{3,50})\Z')
_UNSUPPORTED = (
    (r'--x-s3\Z', 'directory buckets (S3 Express) are'),
    (r'\Aarn:aws[a-z-]*:s3-outposts:', 'S3 on Outposts is'),
    (r'\Aarn:aws[a-z-]*:s3-object-lambda:', 'S3 Object Lambda is'),
    (r'\Aarn:aws[a-z-]*:s3::|\.mrap\b', 'multi-region access points (their '
     'signatures are Version 4A) are'))


# Most buckets: one look instead of six saves 3 us of a request.
_is_usual_bucket = re.compile(r'[A-Za-z0-9-]{3,255}(?<!--x-s3)\Z').match


def _check_bucket(bucket: str) -> str:
    """Refuse a bucket name that could change what we sign or whom we ask."""
    if isinstance(bucket, str) and _is_usual_bucket(bucket):
        return bucket
    for mark, what in _UNSUPPORTED:
        if re.search(mark, _checked(bucket, str, 'bucket')):
            raise ValueError('bucket %r: %s not supported' % (bucket, what))
    if re.match(_ACCESS_POINT, bucket) is None and (
            '..' in bucket
            or not re.match(r'[A-Za-z0-9._-]{3,255}\Z', bucket)):
        raise ValueError(
            'bucket %r: a bucket name has 3 to 255 letters, digits, dots, '
            'hyphens or underscores, or is the ARN of an access point; pass '
            'a key apart' % bucket)
    return bucket


def _check_method(method: str) -> str:
    """Refuse what is no method of HTTP; methods are upper case."""
    if not _TOKEN.match(_checked(method, str, 'method')):
        raise ValueError('%r is not a method of HTTP' % method)
    return method.upper()


def _check_key(key: str) -> str:
    """Refuse a key S3 cannot have; an empty one would name the bucket."""
    try:
        size = len((key if isinstance(key, str) else _checked(
            key, str, 'key')).encode('utf-8'))
    except UnicodeEncodeError:
        raise ValueError('key %a has a lone surrogate, which UTF-8 cannot '
                         'express' % key) from None
    if not 1 <= size <= _MAX_KEY:
        raise ValueError('key %r %s: S3 allows 1 to %d' % (
            _one_line(key, 40), 'has %d bytes in UTF-8' % size if size
            else 'is empty', _MAX_KEY))
    return key


def _check_keys(keys: 'List[str]') -> 'List[str]':
    """Refuse keys S3 cannot have; to look at usual ones together takes half
    the time of deleting them."""
    try:
        ''.join(keys).encode('utf-8')
        sizes = set(map(len, keys)) or {1}
    except (TypeError, UnicodeEncodeError):
        sizes = {0}
    if 0 in sizes or 4 * max(sizes) > _MAX_KEY:
        for key in keys:
            _check_key(key)
    return keys


# What Windows takes for something else than a file of that name: devices,
# drives, streams, patterns, and names whose end it drops.
_WINDOWS_ODD = (
    r'(?is)(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\xb9\xb2\xb3])'
    r' *(?:\..*)?\Z|.*[<>:"|?*\\\x00-\x1f]|.*[. ]\Z')
_ON_WINDOWS = sys.platform in ('win32', 'cygwin', 'msys')


def _local_name(name: str, windows: bool = _ON_WINDOWS) -> str:
    """Return what a key, or the end of one, is called below a local folder;
    ValueError if that would not be a file in it."""
    for step in name.split('/'):
        if step in ('', '.', '..') or '\0' in step or (
                windows and re.match(_WINDOWS_ODD, step)):
            raise ValueError('%r is no name for a file here: give it another'
                             % name)
    return name.replace('/', os.sep)


class _Element(object):
    """An XML element: its local name, its text, its children; S3 writes no
    text beside children, so none is kept that comes after one. `rows` are
    the objects of a listing's page that were read apart."""
    __slots__ = ('tag', 'content', 'children', 'rows')

    def __init__(self, tag: str = '') -> None:
        self.tag, self.content = tag, ''
        self.children: 'List[_Element]' = []
        self.rows: 'Sequence[Tuple[Any, ...]]' = ()

    def all(self, *tags: str) -> 'List[_Element]':
        """Return the children of those names."""
        return [child for child in self.children if child.tag in tags]

    def find(self, *path: str) -> '_Element':
        """Return the first element at the path, or an empty one."""
        element = self
        for tag in path:
            element = next(iter(element.all(tag)), _Element())
        return element

    def text(self, *path: str) -> str:
        """Return the text at the path, or an empty str."""
        return self.find(*path).content

    def fields(self) -> 'Dict[str, str]':
        """Return the texts of the children by their names."""
        return {child.tag: child.content for child in self.children}


# XML 1.0 cannot say these characters, yet keys may have them and servers
# write them. U+FDD0 to U+FDEF, which mean nothing in any text, stand in.
_UNSAYABLE = '[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]'
_ILLEGAL = (br'&#(?:x0*([01]?[0-9a-fA-F])|0*([12]?\d|3[01]));'
            br'|[\x00-\x08\x0b\x0c\x0e-\x1f]')
_STAND_INS = {0xfdd0 + code: code for code in range(32)}


def _stand_in(found: 'Any') -> bytes:
    """Replace a control character, or a reference to one."""
    hexadecimal, decimal = found.groups()
    code = (int(hexadecimal, 16) if hexadecimal
            else int(decimal or ord(found.group())))
    return chr(0xfdd0 + code).encode('utf-8')


def _parse_xml(data: bytes, back: 'Mapping[int, int]') -> _Element:
    """Parse XML into elements; `back` maps characters of the text.

    A document type is refused, so no entity bomb and no file of ours can
    come in; namespaces differ between servers and are dropped.
    """
    from xml.parsers import expat
    stack, left = [_Element()], _MAX_ELEMENTS

    def start(name: str, attributes: object) -> None:
        nonlocal left
        left -= 1
        stack.append(_Element(name.rpartition(':')[2]))
        stack[-2].children.append(stack[-1])
        if len(stack) > 32 or left < 0:
            raise ValueError('XML is nested too deep, or has too much in it')

    def text(characters: str) -> None:
        if not stack[-1].children:      # pieces add up in quadratic time
            stack[-1].content += (
                characters.translate(back) if back else characters)

    def refuse(*declaration: object) -> None:
        raise ValueError('XML with a document type is not accepted')

    # In UTF-8, as S3's is: a declaration could name any codec of Python's.
    parser = expat.ParserCreate('utf-8')
    parser.buffer_text, parser.buffer_size = True, len(data) + 1
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: stack.pop()
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError) as error:
        raise ValueError('not well-formed XML: %s' % error) from None
    return stack[0].children[0]


def _xml(data: bytes) -> _Element:
    """Read an XML answer; ValueError if it is none, or a trap."""
    data = data.lstrip()
    try:
        return _parse_xml(data, {})
    except ValueError:
        return _parse_xml(re.sub(_ILLEGAL, _stand_in, data), _STAND_INS)


_ROW = (
    '<Contents><Key>([^<]*)</Key><LastModified>([^<]*)</LastModified>'
    '<ETag>&quot;([^&]*)&quot;</ETag>(?:<ChecksumAlgorithm>[A-Z0-9]*'
    '</ChecksumAlgorithm>)?(?:<ChecksumType>[A-Z_]*</ChecksumType>)?'
    '<Size>([^<]*)</Size>(?:<Owner><ID>[ -%\'-;=-Z^-~]*</ID>'
    '(?:<DisplayName>[ -%\'-;=-Z^-~]*</DisplayName>)?</Owner>)?'
    '(?:<StorageClass>([^<]*)</StorageClass>)?</Contents>')
_USUAL_TEXT = bytes(set(range(32, 127)) - set(b'"&<]'))


def _xml_of_listing(data: bytes) -> _Element:
    """Read a page of a listing, in a tenth of the time: objects in a row,
    as servers usually write them, are taken out by one pattern, and a mark
    is left in their place, which the reader has to find. A page with
    anything unusual is read as any other XML."""
    begin, end = data.find(b'<Contents>'), data.rfind(b'</Contents>') + 11
    found, rest = data[begin:end], data[:begin] + b'<tinys3/>' + data[end:]
    if b'&quot;' not in found:
        found = found.replace(b'&#34;', b'"').replace(b'"', b'&quot;')
    pieces = re.split(_ROW, found.decode('latin-1'))
    texts = ''.join(filter(None, pieces)).encode('latin-1')
    if begin < 0 or any(pieces[::6]) or texts.translate(None, _USUAL_TEXT) or (
            rest.count(b'<tinys3') > 1):
        return _xml(data)
    try:
        page = _xml(rest)
    except ValueError:
        return _xml(data)
    # They were in a comment, say; or others stand apart, otherwise written.
    if not page.all('tinys3') or page.all('Contents'):
        return _xml(data)
    page.rows = list(zip(*(pieces[n::6] for n in range(1, 6))))
    return page


# Text in an XML element, its line ends included.
_XML_ESCAPES = str.maketrans({
    '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;',
    '\n': '&#10;'})
# What old Pythons lack, or what a registry or system file may have spoilt.
_TYPES = {suffix: kind for suffix, _, kind in (
    pair.partition('=') for pair in """
    .avif=image/avif .br=application/x-brotli .bz2=application/x-bzip2
    .css=text/css .gz=application/gzip .html=text/html .js=text/javascript
    .ico=image/vnd.microsoft.icon .json=application/json .md=text/markdown
    .mjs=text/javascript .svg=image/svg+xml .tgz=application/gzip
    .txt=text/plain .wasm=application/wasm .webm=video/webm .webp=image/webp
    .woff=font/woff .woff2=font/woff2 .xz=application/x-xz
    .yaml=application/yaml .zst=application/zstd""".split())}


@functools.lru_cache(maxsize=1)
def _system_types() -> 'Dict[str, str]':
    import mimetypes
    return mimetypes.MimeTypes(filenames=()).types_map[True]


def _content_type(key: str) -> str:
    if '.' not in key:
        return 'application/octet-stream'
    suffix = os.path.splitext(key.rpartition('/')[2])[1].lower()
    return (_TYPES.get(suffix) or suffix and _system_types().get(suffix)
            or 'application/octet-stream')


# ---------------------------------------------------------------------------
# Bodies: what an upload reads, and what one request sends.
# Knows bytes, files, sizes, digests. Must not know: HTTP, S3.
# ---------------------------------------------------------------------------

class _Body(object):
    """Bytes of known size that can be sent any number of times."""
    _start = 0                      # in what it is a part of
    last = True                     # of the parts of an object
    memory: 'Any' = None            # that may serve again afterwards
    watch: 'Progress' = None        # told how far sending came

    def __init__(self, data: 'Any' = b'') -> None:
        self._data = data       # bytes, or a view of such
        self.size = len(data)

    def blocks(self) -> 'Iterator[memoryview]':
        """Yield the bytes in order, in blocks: one write to a TLS socket
        must stay below 2 GiB."""
        for start in range(0, self.size, _BLOCK):
            yield self._block(start, min(_BLOCK, self.size - start))

    def _block(self, start: int, size: int) -> memoryview:
        start += self._start
        return memoryview(self._data)[start:start + size]

    def parts(self, sizes: 'Iterable[int]') -> 'Iterator[_Body]':
        """Yield parts of the given sizes, one at least; the last is marked."""
        import copy
        start = 0
        for size in sizes:
            part = copy.copy(self)
            part._start = self._start + start
            part.size = min(size, self.size - start)
            start += part.size
            part.last = start == self.size
            yield part
            if part.last:
                return

    def join(self) -> bytes:
        """Return all of the bytes."""
        if type(self._data) is bytes and len(self._data) == self.size:
            return self._data
        return bytes(self._block(0, self.size))

    def digest(self, name: str) -> bytes:
        """Return a digest of the bytes, empty where FIPS forbids it."""
        state = _new_hash(name)
        if state is None:
            return b''
        if self.size <= _SMALL:
            state.update(self.join())
        else:
            for block in self.blocks():
                state.update(block)
        return bytes(state.digest())


def _view(data: 'Any') -> memoryview:
    """View bytes-like data as bytes, whatever its items are."""
    try:
        view = memoryview(data)
    except TypeError:
        raise TypeError("bytes are needed, not %s: text must be encoded, its "
                        "file opened in binary mode ('rb')"
                        % type(data).__name__) from None
    if not view.c_contiguous:
        return memoryview(bytes(view))
    # PyPy copies slices of what was cast byte by byte, 200 times slower.
    return view if view.format == 'B' and view.ndim == 1 else view.cast('B')


def _reader(file: 'Any') -> 'Callable[[int], bytes]':
    """Return a file's `read`, which must give bytes, and now."""
    def read(size: int) -> bytes:
        data = _theirs(file.read, size)
        if data is None:
            raise BlockingIOError('the file is in non-blocking mode')
        if type(data) is not bytes:
            data = bytes(_view(data))
        if len(data) > size:
            raise ValueError('the file gave %d bytes when asked for %d'
                             % (len(data), size))
        return data
    return read


def _gather(read: 'Callable[[int], bytes]', size: float) -> bytes:
    """Call read(n) until it gave `size` bytes, or none."""
    pieces = []
    while size > 0:
        piece = read(int(min(size, _BLOCK)))
        if not piece:
            break
        pieces.append(piece)
        size -= len(piece)
    return pieces[0] if len(pieces) == 1 else b''.join(pieces)


def _write_all(file: 'Any', data: bytes) -> None:
    """Write bytes, all of them: raw files, and what wraps them, may take
    fewer at once. Not all files tell how many they took."""
    while data:
        taken = _theirs(file.write, data)
        if isinstance(file, io.RawIOBase) and not taken:
            raise BlockingIOError('the file is in non-blocking mode')
        if not isinstance(taken, int) or not 0 < taken < len(data):
            return
        data = data[taken:]


class _Window(_Body):
    """A body that is bytes of a file, read by position from any thread.

    Whether the file changed is looked at before the last block is handed
    out, so a changed one never becomes a whole object. Its size tells, and
    its time if it was opened here: a caller's may have the descriptor of
    another file (GzipFile has).
    """
    _kept = b''                     # all of the bytes, if they are few

    def __init__(self, file: 'Any', start: int, opened: bool) -> None:
        self._file, self._start, self._opened = file, start, opened
        self._read, self._lock = _reader(file), threading.Lock()
        self._mark = self._look()
        self.size = max(0, self._mark[0] - start)

    def _look(self) -> 'Tuple[int, int]':
        if self._opened:
            found = os.fstat(self._file.fileno())
            return (found.st_size if stat.S_ISREG(found.st_mode) else 0,
                    found.st_mtime_ns)
        self._file.seek(0, os.SEEK_END)
        return self._file.tell(), 0

    def join(self) -> bytes:
        """Return all of the bytes, which are few: they are kept, for a
        checksum and each attempt."""
        if self._kept:
            with self._lock:
                self._check(self.size)
        else:
            self._kept = bytes(self._block(0, self.size))
        return self._kept

    def _block(self, start: int, size: int) -> memoryview:
        with self._lock:
            self._file.seek(self._start + start)
            data = _gather(self._read, size)
            if len(data) < size or start + size == self.size:
                self._check(start + len(data))
        return memoryview(data)

    def _check(self, end: int) -> None:
        """Refuse what ended too early, or has changed."""
        if end < self.size or self._look() != self._mark:
            raise _hopeless(IntegrityError(
                'the file changed while it was sent; nothing was stored'))


def _memory(size: int, spare: 'List[Any]') -> memoryview:
    """Return memory for a part, spare one if there is some.

    It is mapped for the part alone, not shared with a forked child: malloc's
    arenas held twice as much with many threads. To use it again saves the
    page faults, half of the CPU time of a stream.
    """
    try:
        memory: memoryview = spare.pop()
        if len(memory) == size:
            return memory
    except IndexError:
        pass
    if size == 0:
        return memoryview(bytearray())
    import mmap
    if not hasattr(mmap, 'MAP_PRIVATE'):
        return memoryview(mmap.mmap(-1, size))
    return memoryview(mmap.mmap(
        -1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))


class _Filler(object):
    """Makes parts of bytes that come in any portions. A part is handed out
    when more follows, so that the last is known."""

    def __init__(self, sizes: 'Iterable[int]', spare: 'List[Any]') -> None:
        self._sizes, self._spare = iter(sizes), spare
        self._memory: 'Optional[memoryview]' = None
        self._filled = 0

    def feed(self, view: memoryview) -> 'Iterator[_Body]':
        """Take bytes; yield the parts that are full."""
        while len(view):
            if self._memory is not None and self._filled == len(self._memory):
                yield self.rest(False)
            if self._memory is None:
                self._memory = _memory(next(self._sizes), self._spare)
            fits = min(len(view), len(self._memory) - self._filled)
            self._memory[self._filled:self._filled + fits] = view[:fits]
            self._filled += fits
            view = view[fits:]

    def rest(self, last: bool = True) -> _Body:
        """Return what is there as a part."""
        part = _Body((self._memory or b'')[:self._filled])
        part.memory, part.last = self._memory, last
        self._memory, self._filled = None, 0
        return part

    def parts(self, blocks: 'Iterable[Any]') -> 'Iterator[_Body]':
        """Yield all blocks in parts, one at least; the last is marked."""
        for block in blocks:
            yield from self.feed(memoryview(block))
            del block       # let go: it may change now
        yield self.rest()


class _Source(object):
    """What a caller hands to `upload`: a path, bytes, a file, a stream.

    `size` is None where it cannot be known. `close`, or leaving `with`,
    closes what was opened here, and leaves a file of the caller's behind what
    was taken of it.
    """

    def __init__(self, local_file: 'Any', rewind: bool = True) -> None:
        self._body: 'Optional[_Body]' = None
        self._stream: 'Iterator[Any]' = iter(())
        self._opened: 'Any' = None
        self._file = local_file
        self.taken = 0                  # bytes, so far
        if type(local_file) is not bytes and isinstance(
                local_file, (str, os.PathLike)):
            self._file = self._opened = open(local_file, 'rb', buffering=0)
        try:
            if type(local_file) is bytes:
                self._body = _Body(local_file)
            elif hasattr(self._file, 'read'):
                self._take_file(self._file, rewind)
            else:
                self._take_data(local_file)
        except BaseException:
            self.close()
            raise
        self.size = None if self._body is None else self._body.size

    def __enter__(self) -> '_Source':
        return self

    def _take_data(self, data: 'Any') -> None:
        try:
            self._body = _Body(_view(data))
        except TypeError:
            if not hasattr(data, '__iter__'):
                raise TypeError('local_file must be a path, a binary file, '
                                'bytes or an iterable of bytes, not '
                                + type(data).__name__) from None
            self._stream = map(_view, data)

    def _take_file(self, file: 'Any', rewind: bool) -> None:
        if isinstance(file, io.TextIOBase):
            raise TypeError('the file is open in text mode: open it in '
                            "binary mode ('rb')")
        self._stream = iter(functools.partial(_reader(file), _BLOCK), b'')
        try:            # seekable() lies for some wrappers: only seeking tells
            start = 0
            if self._opened is None:
                if rewind:
                    file.seek(0)
                # What is unzipped as it is read, say, starts again at its
                # beginning for each position. `file`: a NamedTemporaryFile's.
                inner = getattr(file, 'file', file)
                if not isinstance(getattr(inner, 'raw', inner),
                                  (io.BytesIO, io.FileIO)):
                    return
                start = file.tell()
            window = _Window(file, start, file is self._opened)
            if self._opened is None:
                file.seek(start)
            if window.size:     # none has a pipe, or what is in /proc
                self._body = window
        except (AttributeError, OSError):
            pass

    def parts(self, sizes: 'Iterable[int]',
              spare: 'Optional[List[Any]]' = None) -> 'Iterator[_Body]':
        """Yield it in parts of the given sizes, one at least, of which the
        last is marked as such; `spare` is memory to use again. What is no
        stream can be had again."""
        self.taken = 0
        return map(self._count, _Filler(
            sizes, [] if spare is None else spare).parts(self._stream)
                   if self._body is None else self._body.parts(sizes))

    def _count(self, part: _Body) -> _Body:
        self.taken += part.size
        return part

    def take(self, size: int) -> _Body:
        """Return the next `size` bytes, fewer at the end, and draw none
        beyond; ValueError where a block of an iterator would be cut."""
        if self._body is None and hasattr(self._file, 'read'):
            return _Body(_gather(_reader(self._file), size))
        if self._body is None:
            blocks = filter(len, self._stream)
            self._body = _Body(_gather(lambda most: next(blocks, b''), size))
            if self._body.size > size and iter(self._file) is self._file:
                raise ValueError('the blocks have %d bytes, not %d: the rest '
                                 'would be lost' % (self._body.size, size))
        return next(self.parts((size,)))

    def whole(self, limit: int) -> _Body:
        """Return all of it as one body; ValueError if a stream has more
        than `limit` bytes."""
        if self._body is not None:
            self.taken = self._body.size
            return self._body
        data = bytearray()
        for block in self._stream:
            data += block
            if len(data) > limit:
                raise ValueError('a stream of more than %d bytes cannot be '
                                 'sent in one piece' % limit)
        self.taken = len(data)
        return _Body(data)

    def close(self, *exception: object) -> None:
        """Close what was opened here."""
        if self._opened is not None:
            self._opened.close()
        elif isinstance(self._body, _Window):
            try:
                self._file.seek(self._body._start + self.taken)
            except (OSError, ValueError):       # the caller closed it
                pass

    __exit__ = close


class _Progress(object):
    """Reports how far a transfer came: each byte once, though sent twice,
    and from one thread at a time."""

    def __init__(self, report: 'Progress') -> None:
        if report is not None and not callable(report):
            raise TypeError('progress must be callable, not %s'
                            % type(report).__name__)
        self._report, self._lock = report, threading.Lock()
        self.broken = False     # it has raised something

    def track(self) -> 'Progress':
        """Return what is to be told how far one body came, if anything."""
        report, done = self._report, 0
        if report is None:
            return None

        def reach(position: int) -> None:
            nonlocal done
            with self._lock:
                if position > done:
                    news, done = position - done, position
                    self.broken = True
                    _theirs(report, news)
                    self.broken = False
        return reach

    def tracks(self) -> 'Callable[[int], Progress]':
        """Return what tracks bodies by number, those that are sent again as
        one."""
        return functools.lru_cache(maxsize=None)(lambda number: self.track())


# ---------------------------------------------------------------------------
# Messages: what is asked, what is answered, what an answer means.
# Knows S3's requests, answers and errors. Must not know: sockets.
# ---------------------------------------------------------------------------

class _Request(object):
    """What is asked of S3, good for any number of attempts.

    `xml` names the root of the XML that answers it if it succeeds;
    `unsigned` says that a checksum guards the body, not the signature;
    `optional` are headers that a server may not know, and can do without.
    """
    attempts = 0                        # so far
    lost = False                        # the answer to one of them
    doubted = False                     # an answer did not match its checksum
    keys: 'Any' = None                  # that signed the last attempt,
    region, skew = '', 0.0              # and what they signed it for
    mended: 'Tuple[str, ...]' = ()      # what was set right in between
    optional: 'Tuple[str, ...]' = ()
    stop: 'Optional[_Stop]' = None      # set: do not try again
    once = False                        # nor where nobody answers
    body, unsigned = _Body(), False

    def __init__(self, method: str, bucket: 'OptStr' = None,
                 key: 'OptStr' = None, query: 'Fields' = None,
                 headers: 'Optional[Dict[str, str]]' = None, *, xml: str = '',
                 stream: bool = False) -> None:
        self.method, self.bucket, self.key = method, bucket, key
        self.query = query or {}
        #: by their names in lower case
        self.headers = {} if headers is None else headers
        self.xml, self.stream = xml, stream

    def attach(self, body: _Body) -> None:
        """Make this the body, with its MD5 unless it has a checksum: many
        servers insist on one for XML. Where FIPS forbids that, a CRC-32 has
        to do, which with an upload id would be that of its object."""
        self.body = body
        md5 = b'' if self.has_checksum() else body.digest('md5')
        if md5:
            self.headers['content-md5'] = _base64(md5)
        elif not self.has_checksum() and 'uploadId' not in self.query:
            self.headers['x-amz-checksum-crc32'] = _base64(
                body.digest('crc32'))

    def add_checksum(self, algorithm: str) -> None:
        """Let a checksum guard the body, one that the server may not know,
        unless the caller gave one."""
        self.unsigned = algorithm == 'crc32'
        if not self.has_checksum():
            self.optional = ('x-amz-checksum-' + algorithm,)
            self.headers[self.optional[0]] = _base64(
                self.body.digest(algorithm))

    def told(self, error: S3Error) -> S3Error:
        """Tell an error what was tried, if it does not know yet."""
        return _told(error, self.method, self.bucket, self.key)

    def repeated(self, error: ResponseError) -> bool:
        """Say whether it was heard perhaps before the answer came that an
        error tells of: an upload is gone then, a condition fails, a bucket
        is there."""
        if error.status_code == 404:
            return 'uploadId' in self.query
        return (error.status_code == 412
                or error.code == 'BucketAlreadyOwnedByYou') and (
            self.lost or getattr(error.response, '_resent', False))

    def attach_xml(self, text: str) -> None:
        """Make XML the body."""
        self.headers['content-type'] = 'application/xml'
        self.attach(_Body(text.encode('utf-8')))

    def has_checksum(self) -> bool:
        """Say whether the headers hold a checksum of the body."""
        return any(re.match('content-md5|x-amz-checksum-(?!algorithm|type|'
                            'mode)', name) for name in self.headers)


_NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/'
_ENCRYPTION = 'x-amz-server-side-encryption'
_CUSTOMER_KEY = _ENCRYPTION + '-customer-'
_OWNER = 'x-amz-expected-bucket-owner'


def _needed(headers: 'Mapping[str, str]',
            source: bool = False) -> 'Dict[str, str]':
    """Pick the headers that another request about the same object needs: who
    pays, who owns the bucket, the customer's key. With `source`, those that a
    copy has for its source, by their usual names."""
    needed: 'Dict[str, str]' = {}
    for name, value in headers.items():
        bare = re.sub('-(copy-)?source-', '-', name)
        if bare == 'x-amz-request-payer' or (bare != name) == source and (
                bare.startswith((_CUSTOMER_KEY, _OWNER))):
            needed[bare] = value
    return needed


class _Payload(object):
    """The body of an answer, as it comes; this one is at its end."""

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, empty at the whole body's end only."""
        return b''

    def close(self) -> None:
        """Give up the rest."""


def _decode_header(value: str) -> str:
    """Read a header that is UTF-8 read as Latin-1, or RFC 2047 words."""
    try:
        value = value.encode('latin-1').decode('utf-8')
        if '=?' in value:
            from email.header import decode_header, make_header
            value = str(make_header(decode_header(value)))
    except Exception:       # whatever an uploader made email stumble over
        pass
    return value


_SECRET_XML = (
    br'(?s)<(Token-\d+|CanonicalRequest|CanonicalRequestBytes|StringToSign|'
    br'StringToSignBytes|SignatureProvided)\b[^>]*>.*?(?:</\1>|\Z)')
_SECRET_QUERY = (
    r'(?i)((?:X-Amz-)?(?:Signature|Credential|Security-Token)=)[^&#]*')
_STATUS_OF = {
    'NoSuchKey': 404, 'NoSuchBucket': 404, 'NoSuchUpload': 404,
    'NoSuchVersion': 404, 'AccessDenied': 403, 'PreconditionFailed': 412,
    'ConditionalRequestConflict': 412, 'NotImplemented': 501}
_ERRORS = {404: NotFound, 403: AccessDenied, 412: PreconditionFailed}
_HINTS = {
    'AccessControlListNotSupported': 'leave public out: the bucket has no '
        'ACLs, only a bucket policy can make it public',
    'AccessDenied': 'the policy of the bucket, or of these credentials, does '
        'not allow it; if the requester pays, send x-amz-request-payer',
    'AuthorizationHeaderMalformed': 'pass the region that is named here',
    'BucketAlreadyExists': 'another account has that name: choose another',
    'EntityTooLarge': 'one PUT takes 5 GiB at most',
    'ExpiredToken': 'get new credentials',
    'InvalidAccessKeyId': 'this endpoint does not know the access key',
    'InvalidObjectState': 'the object is archived: restore it first',
    'NoSuchBucket': 'check the name, the region and the endpoint',
    'NotImplemented': 'the endpoint does not offer this',
    'PermanentRedirect': 'pass the region of the bucket as region=',
    'RequestTimeTooSkewed': 'set the clock of this machine',
    'SignatureDoesNotMatch': 'check the secret key, and any proxy between'}
_HINTS['Forbidden'] = ('the keys may be wrong, which an answer without a body '
                       'does not tell; or ' + _HINTS['AccessDenied'])


def _safe_url(url: str) -> str:
    """Blot out the password of a URL, and the secrets of its query."""
    if '@' not in url and '=' not in url:
        return url
    url = re.sub(_SECRET_QUERY, r'\1...', url)
    return re.sub('//[^/?#]*@', '//...@', url)


def _plain(response: 'Response', limit: int) -> bytes:
    """Return the content, unzipped where a proxy zipped it unasked."""
    if response.headers.get('content-encoding') == 'gzip':
        try:
            return zlib.decompressobj(31).decompress(response.content, limit)
        except zlib.error:
            pass
    return response.content


def _blot(response: 'Response', *secrets: 'OptStr') -> None:
    """Blot out the secrets of a request that its answer gives back."""
    content = _plain(response, _MAX_ERROR)
    for secret in filter(None, secrets):
        content = content.replace(secret.encode('utf-8'), b'...')
    response._keep(content)


def _glance(response: 'Response') -> str:
    """Show how a body begins that is not S3's XML."""
    if not response.content:
        return ''
    return 'the answer is %s, not of S3: %s' % (
        response.headers.get('content-type', 'of no type'),
        _one_line(response.content[:200].decode('utf-8', 'replace')))


def _verdict(response: 'Response', found: _Element, code: str,
             message: str) -> str:
    """Say in one line what came back, and what to do."""
    told = [(': %s', message.rstrip('.'))]
    told += [('; %s %%s' % name, found.text(name))
             for name in ('Region', 'Endpoint', 'StorageClass')]
    told.append(('; Location %s', _safe_url(
        response.headers.get('location', ''))))
    if response.status_code in (301, 307) or code in (
            'AuthorizationHeaderMalformed', 'BadRequest'):
        told.append(('; the bucket is in %s',
                     response.headers.get('x-amz-bucket-region')))
    told += [(' (request id %s)', response.request_id or ''),
             ('. What to do: %s', _HINTS.get(code, ''))]
    return _one_line('%d %s' % (response.status_code, code) + ''.join(
        words % what for words, what in told if what))


def _make_error(response: 'Response', method: str, key: 'OptStr',
                found: _Element) -> ResponseError:
    """Make the error that the children of an <Error> tell of. Its class
    follows the status; inside a 200, or for a marked case, the code."""
    code, message = found.text('Code'), found.text('Message')
    if found.tag != 'Error':
        message = message or _glance(response)
    if not code and response.status_code < 300:
        code = 'InternalError'      # an error that does not say which
    elif not code:
        import http.client
        code = ''.join(filter(str.isalnum, http.client.responses.get(
            response.status_code, response.reason or 'Unknown').title()))
    status = response.status_code
    if status < 300 or code == 'ConditionalRequestConflict':
        status = _STATUS_OF.get(code, 500)
    if status == 405 and 'x-amz-delete-marker' in response.headers:
        status = 404
    error = _ERRORS.get(status, ResponseError)(
        _verdict(response, found, code, message), None, None, None,
        response.status_code, code, message,
        found.text('RequestId') or response.request_id,
        found.text('HostId') or response.headers.get('x-amz-id-2'), response)
    error._region = (response.headers.get('x-amz-bucket-region')
                     or found.text('Region'))
    _told(error, method, response.bucket, key)
    return error


def _error_from(response: 'Response', method: str) -> ResponseError:
    """Make the error of an answer that says no, or of a 200 that hides one;
    the secrets that S3 gives back in some are blotted out first."""
    response._keep(re.sub(_SECRET_XML, br'<\1>...</\1>',
                          _plain(response, _MAX_ERROR)))
    try:
        found = _xml(response.content)
    except ValueError:
        found = _Element()
    if found.tag == 'ErrorResponse':        # STS and other query services
        found = found.find('Error')
    return _make_error(response, method, response.key, found)


class _Verifier(object):
    """Compares a body with the checksum that its answer carries, and with
    the size that was asked for.

    A part's checksum (206) and a composite one (-N) say nothing about the
    whole; CRC32C, CRC64NVME and XXHash the standard library cannot compute.
    """
    _digest: 'Any' = None
    name = ''       # of the checksum to compare with, if there is one

    def __init__(self, response: 'Response', size: 'Optional[int]') -> None:
        self._seen, self._size = 0, size
        told = response.headers.get
        self._length = told('content-length', '')
        if response.status_code != 200 or (
                told('x-amz-checksum-type') == 'COMPOSITE'):
            return
        for name in ('crc32', 'sha256', 'sha1', 'sha512', 'md5'):
            self._stored = told('x-amz-checksum-' + name, '-')
            if '-' not in self._stored:
                self.name, self._digest = name, _new_hash(name)
                return

    def update(self, data: bytes) -> None:
        """Go on with data, empty at the end; IntegrityError if the whole is
        not what it should be."""
        self._seen += len(data)
        if self._size is not None and (
                self._seen > self._size
                or self._seen < self._size and not data):
            raise IntegrityError('%d bytes came, not %d'
                                 % (self._seen, self._size))
        if self._digest is None:
            return
        self._digest.update(data)
        if not data or str(self._seen) == self._length:     # nobody may ask
            self.compare(self._digest.digest())             # for the end

    def compare(self, digest: bytes) -> None:
        """Raise IntegrityError if the whole has another digest."""
        if _base64(digest) != self._stored:
            error = IntegrityError('the content does not match its stored '
                                   '%s, %s' % (self.name, self._stored))
            error._mismatch = True
            raise error


class Response(object):
    """An answer of S3, after the manner of requests.

    `status_code` and `reason` are HTTP's, `key` and `bucket` what was asked
    for. With `stream=True` the body is still to be read, by `read` or
    `iter_content`; close it, or use `with`. A Response pickles, its content
    included.

        response = conn.get('settings.json')
        print(response.etag, response.headers['Content-Type'])
        settings = response.json()
    """
    key: 'OptStr' = None
    bucket: 'OptStr' = None
    _content: 'Optional[bytes]' = None
    _consumed = False
    _etag: 'OptStr' = None
    # What a pickle leaves behind.
    _payload: 'Any' = None
    _head: 'Any' = None     # as it came: of usual ones nobody reads a header
    _xml = _Element()
    _verifier: 'Optional[_Verifier]' = None
    _resent = False         # the request may have been heard before

    def __init__(self, status_code: int, reason: str,
                 headers: 'Optional[Mapping[str, str]]', payload: 'Any',
                 url: 'Any' = '', seconds: float = 0.0) -> None:
        self.status_code, self.reason = status_code, reason
        self._headers = None if headers is None else _Headers(headers)
        self._url, self._seconds, self._payload = url, seconds, payload

    def __repr__(self) -> str:
        return '<Response [%d]>' % self.status_code

    def __enter__(self) -> 'Response':
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __getstate__(self) -> 'Dict[str, Any]':
        # Asked for, the content is read.
        state = dict(self.__dict__, _content=self.content,
                     _headers=self.headers, _url=self.url)
        for name in '_payload', '_verifier', '_xml', '_head':
            state.pop(name, None)
        return state

    def __setstate__(self, state: 'Dict[str, Any]') -> None:
        self.__dict__.update(state)
        self._keep(state['_content'])

    def close(self) -> None:
        """Let go of the connection, whatever is left of the body."""
        if self._content is None:
            self._payload.close()

    @property
    def headers(self) -> _Headers:
        """The headers of the answer: a mapping that ignores their case."""
        if self._headers is None:
            self._headers = _Headers()
            self._headers.update(self._head.headers)
        return self._headers

    def _header(self, name: str) -> 'OptStr':
        """Look up one header, which is less than to parse all."""
        if self._headers is None:
            return self._head.look_up(name) or None
        return self._headers.get(name) or None

    def _says(self, word: bytes) -> bool:
        """Say whether the head may hold a word in lower case."""
        return self._head is None or word in self._head.lower

    @property
    def url(self) -> str:
        """The URL that was asked, without secrets."""
        if not isinstance(self._url, str):
            self._url = _safe_url(self._url.url)
        return self._url

    @property
    def ok(self) -> bool:
        """True below status 400."""
        return self.status_code < 400

    def raise_for_status(self) -> None:
        """Raise the ResponseError of a status of 400 and more."""
        if not self.ok:
            raise _error_from(self, 'request')

    @property
    def content(self) -> bytes:
        """The whole body, read when first asked for."""
        if self._content is None:
            if self._consumed:
                raise RuntimeError('the body was already read as a stream')
            self._load()
        return self._content or b''

    def _load(self, limit: float = float('inf')) -> None:
        """Read the body, at most `limit` bytes of it, and let go."""
        content = _gather(self._some, limit)
        self.close()
        self._keep(content)

    def _keep(self, content: bytes) -> None:
        """Have the content, for reading at once or piece by piece."""
        self._content, self._payload, self._verifier = content, None, None

    def _verify(self, size: 'Optional[int]' = None) -> None:
        """Compare the body with its checksum, and with the size that was
        asked for, as chunks do not tell theirs: at once, or as it is read."""
        verifier = _Verifier(self, size)
        if self._content is None:
            self._verifier = verifier
        else:
            verifier.update(self._content)
            verifier.update(b'')

    def _some(self, size: int) -> bytes:
        """Return what has come of the body; an error tells of what."""
        self._consumed = True
        if self._payload is None:
            self._payload = io.BytesIO(self._content or b'')
        try:
            data = self._payload.read(size)
            if self._verifier is not None:
                self._verifier.update(data)
        except S3Error as error:
            if self.bucket is not None:     # a stream, on its own
                _told(error, 'GET', self.bucket, self.key)
            raise
        return bytes(data)

    def read(self, n: 'Optional[int]' = -1) -> bytes:
        """Return the next `n` bytes of the body, all the rest if negative
        or None; fewer only at the end. TransportError if it is cut short,
        IntegrityError if at its end the checksum does not match.

            with conn.get('big.log', stream=True) as response:
                head = response.read(100)
        """
        return _gather(
            self._some, float('inf') if n is None or n < 0 else n)

    def iter_content(self, chunk_size: int = 65536) -> 'Iterator[bytes]':
        """Yield the body in chunks of `chunk_size` bytes, the last shorter.
        Errors are those of `read`.

            for chunk in conn.get('big.log', stream=True).iter_content():
                out.write(chunk)
        """
        if chunk_size < 1:
            raise ValueError('chunk_size must be at least 1')
        return iter(functools.partial(self.read, chunk_size), b'')

    @property
    def encoding(self) -> 'OptStr':
        """The charset of Content-Type, or None."""
        found = re.search(r'charset="?([\w.:-]+)',
                          self.headers.get('content-type', ''))
        return found.group(1) if found else None

    @property
    def text(self) -> str:
        """The content as text, UTF-8 unless the answer says otherwise."""
        try:
            return self.content.decode(self.encoding or 'utf-8', 'replace')
        except LookupError:
            return self.content.decode('utf-8', 'replace')

    def json(self) -> 'Any':
        """The content read as JSON; ValueError if it is none."""
        import json
        return json.loads(self.text)

    @property
    def elapsed(self) -> 'datetime.timedelta':
        """The time from sending the request to the head of the answer."""
        import datetime
        return datetime.timedelta(seconds=self._seconds)

    @property
    def etag(self) -> 'OptStr':
        """The ETag, without its quotes."""
        etag = self._etag or self._header('etag')
        return _bare_etag(etag) if etag else None

    @property
    def metadata(self) -> 'Dict[str, str]':
        """The user metadata: names without x-amz-meta-, values decoded."""
        start = len('x-amz-meta-')
        return {name[start:]: _decode_header(value)
                for name, value in self.headers.items()
                if name.startswith('x-amz-meta-')}

    @property
    def version_id(self) -> 'OptStr':
        """The version of the object, where the bucket keeps versions."""
        return self._header('x-amz-version-id')

    @property
    def request_id(self) -> 'OptStr':
        """What S3's support wants to know of a request."""
        return self._header('x-amz-request-id')


def _read_xml(request: _Request, response: Response) -> None:
    """Read the XML of an answer; one that is cut or no XML may pass."""
    try:
        read = _xml_of_listing if request.xml == 'ListBucketResult' else _xml
        response._xml = read(_plain(response, _MAX_XML))
        # moto ends the name of a completion's answer otherwise.
        if not response._xml.tag.startswith((
                request.xml.replace('Result', ''), 'Error')):
            raise ValueError('not a %s' % request.xml)
    except ValueError as error:
        raise TransportError('%s; %s' % (error, _glance(response))) from error
    if response._xml.tag == 'Error':
        raise _error_from(response, request.method)


def _is_web_page(response: Response) -> bool:
    headers = response.headers
    return response.status_code == 200 and 'html' in headers.get(
        'content-type', '') and headers.get('content-length') != '0' and (
        not any(n == 'etag' or n.startswith('x-amz-') for n in headers))


def _check_answer(request: _Request, response: Response) -> None:
    """Raise what an answer means, unless it is the success it should be.

    A 200 to a copy or a completion may hold an error; a proxy or a portal
    may answer in S3's place.
    """
    if response.status_code >= 300 and response.status_code != 304:
        raise _error_from(response, request.method)
    if request.xml:
        _read_xml(request, response)
    elif response._says(b'html') and _is_web_page(response):
        raise TransportError('a web page came, not an answer of S3: %s' % (
            '' if request.stream else _glance(response)))
    elif request.method == 'GET':
        if response.status_code not in (200, 304) and request.key and (
                {'versionId'}.issuperset(request.query)
                and (response.status_code != 206
                     or 'range' not in request.headers)):
            raise IntegrityError('%d came unasked, not the whole object'
                                 % response.status_code)
        if response._says(b'\nx-amz-checksum-'):
            response._verify()
    elif not request.stream and response.content and re.match(
            br'\s*(<\?xml[^>]*>)?\s*<Error[\s>]', response.content):
        raise _error_from(response, request.method)


def _range(asked: 'Range') -> str:
    """Write a Range header; ValueError for what is no range of bytes."""
    if not isinstance(asked, (tuple, list)) or len(asked) != 2:
        raise TypeError('byte_range must be (first, last) or (first, None)')
    first, last = asked
    if not 0 <= _checked(first, int, 'byte_range') <= _checked(
            first if last is None else last, int, 'byte_range'):
        raise ValueError('byte_range %r: first must be 0 or more, and last '
                         'not less than it' % (asked,))
    return 'bytes=%d-%s' % (first, '' if last is None else last)


def _extent(response: 'Response') -> 'Tuple[int, Optional[int]]':
    """Return from where to where a body goes in its object, the end not
    included; None where the answer does not tell."""
    length = response.headers.get('content-length', '')
    if response.status_code != 206:
        return 0, int(length) if length else None
    sent = re.match(r'bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)\Z',
                    response.headers.get('content-range', ''))
    return (int(sent.group(1)), int(sent.group(2)) + 1) if sent else (0, None)


def _check_range(response: 'Response', asked: 'Range') -> None:
    """Refuse other bytes than were asked for, fewer at the end aside."""
    (first, last), (start, end) = asked, _extent(response)
    text = response.headers.get('content-range', 'the whole object')
    total = re.search(r'/(\d{1,18})\Z', text)
    if response.status_code == 304:
        return
    if response.status_code == 206 and end is not None and start == first:
        whole = int(total.group(1)) if total else float('inf')
        if end in (whole if last is None else min(last + 1, whole),
                   last is not None and last + 1):
            response._verify(end - start)
            return
    elif response.status_code == 200 and first == 0 and (
            last is None or end is not None and end <= last + 1):
        return          # the whole object is what was asked for
    response.close()
    raise _told(IntegrityError('asked for %s, the server sent %s' % (
        _range(asked), _one_line(text, 80))), 'GET', response.bucket,
        response.key)


# ---------------------------------------------------------------------------
# Signatures: AWS Signature Version 4, by header and by query.
# Knows the manual ("Authenticating requests: AWS Signature Version 4"). Must
# not know: sockets; the clock but as the default of `now`.
# ---------------------------------------------------------------------------

_ALGORITHM = 'AWS4-HMAC-SHA256'
_UNSIGNED = 'UNSIGNED-PAYLOAD'
_S3 = ('s3', 's3express', 's3-object-lambda', 's3-outposts')
_EMPTY_SHA256 = (       # of no bytes
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
# Signed besides every x-amz-*: what proxies leave alone. Not Accept-Encoding,
# which Google's front end rewrites.
_SIGNED = frozenset(('host', 'content-type', 'content-md5', 'date', 'range'))


def _clean_secret(name: str, value: str) -> str:
    """Strip a key; refuse what cannot be one, without repeating it."""
    clean = _checked(value, str, name).strip()
    if clean != value:
        _logger().warning('%s had white space around it', name)
    if not re.match(r'[!-~]+\Z', clean):
        raise ValueError(name + ' is empty, or has characters no key has')
    return clean


class Credentials(object):
    """A pair of keys, perhaps with a session token and a time of expiry.

    `expires_at` is seconds since the epoch or an aware datetime. White
    space around a key, as pasting leaves it, is dropped. TypeError if a key
    is no str, ValueError if one is empty or could not go into a header.

        tinys3.Connection(credentials=lambda: tinys3.Credentials(
            access, secret, token, expires_at=time.time() + 3600))
    """
    _source = 'the caller'      # where it was found
    _lasting = False            # True if S3 may take them when expired

    def __init__(self, access_key: str, secret_key: str,
                 session_token: 'OptStr' = None,
                 expires_at: 'Union[float, datetime.datetime, None]' = None
                 ) -> None:
        self.access_key = _clean_secret('access_key', access_key)
        self.secret_key = _clean_secret('secret_key', secret_key)
        self.session_token = _clean_secret(
            'session_token', session_token) if session_token else None
        if getattr(expires_at, 'tzinfo', None) is not None:
            expires_at = expires_at.timestamp()  # type: ignore
        self.expires_at = None if expires_at is None else float(
            _checked(expires_at, (float, int), 'expires_at (seconds since '
                     'the epoch or an aware datetime)'))  # type: ignore

    def __repr__(self) -> str:
        return '<tinys3.Credentials %s...>' % self.access_key[:4]


def _split_url(url: str) -> 'Tuple[str, str, str]':
    """Split a URL into authority (no default port), path and query."""
    found = re.match(r'(https?)://([^/?#@]+)(/[^?#]*)?(?:\?([^#]*))?\Z', url)
    if not found:
        raise ValueError('%r is not an http(s) URL without user, password '
                         'and fragment' % _safe_url(url))
    scheme, authority, path, query = found.groups()
    default = ':443' if scheme == 'https' else ':80'
    if authority.endswith(default):
        authority = authority[:-len(default)]
    return authority, path or '/', query or ''


@functools.lru_cache(maxsize=256)
def _signed_names(names: 'Tuple[str, ...]') -> 'Tuple[str, ...]':
    """Choose the headers to sign; most requests have the same, so that
    this is kept, and so is the form below: 3 us of a signature."""
    return tuple(name for name in sorted(names)
                 if name in _SIGNED or name.startswith('x-amz-'))


@functools.lru_cache(maxsize=256)
def _canonical_form(names: 'Tuple[str, ...]') -> str:
    quoted = [name.replace('%', '%%') for name in names]
    return '\n'.join(['%s'] * 3 + [name + ':%s' for name in quoted]
                     + ['', ';'.join(quoted), '%s'])


def _canonical_request(method: str, path: str, query: str,
                       headers: 'Mapping[str, str]', names: 'Tuple[str, ...]',
                       payload_hash: str) -> str:
    if query:
        query = '&'.join('%s=%s' % pair for pair in sorted(
            pair.partition('=')[::2] for pair in query.split('&') if pair))
    request = _canonical_form(names) % (
        method, path, query, *map(headers.__getitem__, names), payload_hash)
    return re.sub('  +', ' ', request) if '  ' in request else request


def _canonical_headers(headers: 'Mapping[str, str]',
                       authority: str) -> 'Dict[str, str]':
    """Lower the names, fold the spaces, add the host; no name twice."""
    canonical = {'host': authority}
    for name, value in headers.items():
        lower = name.lower()
        if lower in canonical and lower != 'host':
            raise ValueError('header %s is given twice' % name)
        canonical[lower] = ' '.join(value.split())
    return canonical


def _canonical_path(path: str, service: str) -> str:
    """Leave S3's path alone; resolve and encode that of other services."""
    if service in _S3:
        return path
    import posixpath
    whole = posixpath.normpath('/' + path.lstrip('/'))
    return _quote_path(whole if whole == '/' or not path.endswith('/')
                       else whole + '/')


def _hmac(key: bytes, text: str) -> 'Any':
    import hmac
    return hmac.new(key, text.encode('utf-8'), 'sha256')


@functools.lru_cache(maxsize=64)
def _signing_key(secret_key: str, scope: str) -> bytes:
    return functools.reduce(
        lambda key, step: bytes(_hmac(key, step).digest()), scope.split('/'),
        ('AWS4' + secret_key).encode('utf-8'))


@functools.lru_cache(maxsize=64)
def _begun(secret_key: str, date: str, scope: str) -> 'Any':
    """Begin the signature of a second: all but the request."""
    return _hmac(_signing_key(secret_key, scope), '\n'.join(
        (_ALGORITHM, date, scope, '')))


def _signature(credentials: Credentials, date: str, scope: str,
               canonical_request: str) -> str:
    digest = _sha256(canonical_request.encode('utf-8'))
    signature = _begun(credentials.secret_key, date, scope).copy()
    signature.update(digest.encode('ascii'))
    return str(signature.hexdigest())


def _authorization(method: str, path: str, query: str,
                   headers: 'Mapping[str, str]', payload_hash: str,
                   credentials: Credentials, scope: str, date: str) -> str:
    """Write the header that signs a request with canonical headers."""
    names = _signed_names(tuple(headers))
    return '%s Credential=%s/%s, SignedHeaders=%s, Signature=%s' % (
        _ALGORITHM, credentials.access_key, scope, ';'.join(names),
        _signature(credentials, date, scope, _canonical_request(
            method, path, query, headers, names, payload_hash)))


def sign(method: str, url: str, headers: 'Optional[Mapping[str, str]]',
         payload_hash: str, credentials: Credentials, region: str,
         service: str = 's3', now: 'Optional[float]' = None
         ) -> 'Dict[str, str]':
    """Return the headers to send, signed with Signature Version 4.

    `url` is percent-encoded as it will be sent, `payload_hash` the SHA-256
    of the body in hexadecimal (or UNSIGNED-PAYLOAD), `now` seconds since
    the epoch, the clock's if None. Signed are Host, Content-Type,
    Content-MD5, Date, Range and every x-amz-*. S3's path is taken as it is;
    for other services it is normalised and encoded again.

        headers = tinys3.sign('GET', 'https://b.s3.amazonaws.com/key', {},
                              hashlib.sha256(b'').hexdigest(),
                              credentials, 'us-east-1')
    """
    date = _amz_date(int(time.time() if now is None else now))
    sent = dict(headers or {})
    sent['X-Amz-Date'] = date
    if service in _S3:
        sent['X-Amz-Content-Sha256'] = payload_hash
    if credentials.session_token:
        sent['X-Amz-Security-Token'] = credentials.session_token
    authority, path, query = _split_url(url)
    sent['Authorization'] = _authorization(
        method, _canonical_path(path, service), query,
        _canonical_headers(sent, authority), payload_hash, credentials,
        '%s/%s/%s/aws4_request' % (date[:8], region, service), date)
    return sent


def _lifetime(expires: 'Lifetime') -> int:
    """Return how many seconds a signature in advance is good for."""
    seconds = _seconds(expires, 'expires')
    if not 1 <= seconds <= _MAX_PRESIGN:
        raise ValueError('expires must be 1 second to 7 days (604800), '
                         'not %d seconds' % seconds)
    return seconds


def presign_url(method: str, url: str, credentials: Credentials, region: str,
                expires: 'Lifetime', service: str = 's3',
                headers: 'Optional[Mapping[str, str]]' = None,
                now: 'Optional[float]' = None) -> str:
    """Return `url` with a Signature Version 4 in its query.

    It lives `expires` seconds (1 to 604,800, or a timedelta); ValueError
    otherwise. Whoever uses it must send `headers` exactly as they are here.

        url = tinys3.presign_url('GET', 'https://b.s3.amazonaws.com/key',
                                 credentials, 'us-east-1', 3600)
    """
    seconds = _lifetime(expires)
    authority, path, query = _split_url(url)
    date = _amz_date(int(time.time() if now is None else now))
    lower = _canonical_headers(headers or {}, authority)
    names = tuple(sorted(lower))
    scope = '%s/%s/%s/aws4_request' % (date[:8], region, service)
    added = {'X-Amz-Algorithm': _ALGORITHM,
             'X-Amz-Credential': credentials.access_key + '/' + scope,
             'X-Amz-Date': date, 'X-Amz-Expires': str(seconds),
             'X-Amz-SignedHeaders': ';'.join(names)}
    if credentials.session_token:
        added['X-Amz-Security-Token'] = credentials.session_token
    query = '&'.join(filter(None, (query, _query(added))))
    payload = _UNSIGNED if service in _S3 else _EMPTY_SHA256
    signature = _signature(credentials, date, scope, _canonical_request(
        method, _canonical_path(path, service), query, lower, names, payload))
    return '%s://%s%s?%s&X-Amz-Signature=%s' % (
        url.partition(':')[0], authority, path, query, signature)


# What says that a query or a form is signed; and what each says besides what
# its maker chooses.
_SIGNERS = frozenset((
    'x-amz-algorithm', 'x-amz-credential', 'x-amz-date', 'x-amz-signature',
    'x-amz-security-token'))
_OUR_QUERY = _SIGNERS | {'x-amz-expires', 'x-amz-signedheaders'}
_OUR_FIELDS = _SIGNERS | {
    'key', 'bucket', 'file', 'policy', 'signature', 'awsaccesskeyid'}


def _subject(condition: 'Any') -> str:
    """Return the field that a condition of a POST policy is about, if it is
    about any; ValueError where S3 would not understand it."""
    parts, kinds = condition, []
    if isinstance(condition, dict) and len(condition) == 1:
        (name, value), = condition.items()
        parts = 'eq', '$' + str(name), value
    if isinstance(parts, (list, tuple)):
        kinds = [type(part) for part in parts]
    if kinds == [str, str, str] and parts[1].startswith('$') and (
            parts[0] in ('eq', 'starts-with')):
        return parts[1][1:].lower()  # type: ignore[no-any-return]
    if kinds == [str, int, int] and parts[0] == 'content-length-range' and (
            0 <= int(parts[1]) <= int(parts[2])):
        return ''
    raise ValueError(
        "condition %r: write {'name': 'value'}, ['starts-with', '$name', "
        "'beginning'] or ['content-length-range', least, most]"
        % (condition,))


def _conditions(fields: 'Mapping[str, str]',
                given: 'Iterable[Any]') -> 'List[Any]':
    """Hold a form to its fields, but for those that other conditions are
    about. From ${filename} on, which is the user's, a value is free."""
    given = list(given)
    named = set(map(_subject, given))
    for name, value in fields.items():
        start, free, _ = value.partition('${filename}')
        if name.lower() not in named or name in ('bucket', 'key'):
            given.append(['starts-with', '$' + name, start] if free
                         else {name: value})
    return given


def _sign_form(fields: 'Mapping[str, str]', conditions: 'List[Any]',
               credentials: Credentials, region: str, expires: 'Lifetime',
               now: float) -> 'Dict[str, str]':
    """Return the fields of a form with a policy, signed, added ("Browser-
    based uploads using POST"); its JSON is ASCII, for servers differ."""
    import json
    date, end = _amz_date(now), time.gmtime(now + _lifetime(expires))
    scope = date[:8] + '/%s/s3/aws4_request' % region
    ours = {'x-amz-algorithm': _ALGORITHM,
            'x-amz-credential': credentials.access_key + '/' + scope,
            'x-amz-date': date}
    if credentials.session_token:
        ours['x-amz-security-token'] = credentials.session_token
    policy = _base64(json.dumps({
        'expiration': time.strftime('%Y-%m-%dT%H:%M:%SZ', end),
        'conditions': conditions + [
            {name: value} for name, value in ours.items()]}).encode('ascii'))
    return dict(fields, policy=policy, **{'x-amz-signature': _hmac(
        _signing_key(credentials.secret_key, scope), policy).hexdigest()},
                **ours)


# ---------------------------------------------------------------------------
# Addresses: which host and path a bucket and key have at an endpoint.
# Knows AWS's host names and its look-alikes'. Must not know: credentials.
# ---------------------------------------------------------------------------

class _Address(collections.namedtuple(
        '_Address', 'scheme host port authority path query')):
    """Where one request goes: host and port to call; authority, path and
    query as they are sent."""
    __slots__ = ()

    @property
    def target(self) -> str:
        """Path and query."""
        query = '?' + self.query if self.query else ''
        return '%s%s' % (self.path, query)

    @property
    def url(self) -> str:
        """The whole URL."""
        return '%s://%s%s' % (self.scheme, self.authority, self.target)


# Suffixes of AWS's partitions by the region's prefix (botocore's
# partitions.json lists them); all other regions are under amazonaws.com.
_PARTITIONS = (
    ('cn-', 'amazonaws.com.cn'), ('us-iso-', 'c2s.ic.gov'),
    ('us-isob-', 'sc2s.sgov.gov'), ('us-isof-', 'csp.hci.ic.gov'),
    ('eu-isoe-', 'cloud.adc-e.uk'), ('eusc-', 'amazonaws.eu'),
    ('', 'amazonaws.com'))
# What some services cannot, or insist on, told by the ends of their hosts.
_QUIRKS = {
    # All parts of an object but the last must have one size.
    'equal_parts': ('.r2.cloudflarestorage.com',),
    'few_parts': ('.scw.cloud',),           # 1,000 are the most
    'large_parts': ('.storjshare.io',),     # of 64 MiB or more
    # Unless told that we know gzip, it unzips what is stored zipped.
    'unzips': ('.storage.googleapis.com',),
    # Version 2 of listings is missing, or runs in circles.
    'old_lists': ('.myhuaweicloud.com', '.appdomain.cloud', '.myqcloud.com',
                  '.126.net'),
    # Asked for encoded keys, it gives markers that lead nowhere.
    'raw_lists': ('.myhuaweicloud.com',)}


def _suffix(region: str) -> str:
    return next(suffix for prefix, suffix in _PARTITIONS
                if region.startswith(prefix))


_REGION = re.compile(r'[a-z0-9-]{1,32}\Z')


def _checked_region(region: 'OptStr') -> 'OptStr':
    """Refuse what is no region: it becomes part of a host name."""
    if region is not None and not _REGION.match(
            _checked(region, str, 'region')):
        raise ValueError('%r is no region like us-east-1' % region)
    return region


# s3.amazonaws.com, s3-eu-west-1..., s3-fips.dualstack.us-east-1..., and the
# private ones, bucket.vpce-1a2b.s3.us-east-1.vpce.amazonaws.com.
_AWS_HOST = re.compile(
    r'(?P<front>(?:[\w-]+\.vpce-[\w-]+\.)?s3(?:-fips|-accelerate)?'
    r'(?:\.dualstack)?)(?:[.-](?P<region>[a-z]{2,4}(?:-[a-z]+)+-\d+))?'
    r'(?P<private>\.vpce)?\.(?:%s)\Z'
    % '|'.join(re.escape(suffix) for _, suffix in _PARTITIONS))
# Look-alikes that say their region in the host, or have but one, "auto".
_OTHER_HOSTS = (
    r'(?:.*\.r2\.cloudflarestorage\.com|storage\.googleapis\.com|'
    r's3\.([a-z0-9-]+)\.(?:backblazeb2\.com|wasabisys\.com|scw\.cloud|'
    r'(?:io|perf)\.cloud\.ovh\.net|'
    r'cloud-object-storage\.appdomain\.cloud)|'
    r'([a-z0-9-]+)\.(?:digitaloceanspaces|linodeobjects|'
    r'vultrobjects)\.com)\Z')


class _Endpoint(object):
    """A service to talk to, and how its buckets are addressed; `region` is
    what its host names, or None."""
    equal_parts = few_parts = large_parts = False
    unzips = old_lists = raw_lists = False

    def __init__(self, endpoint: 'OptStr' = None, tls: bool = True,
                 addressing: str = 'auto') -> None:
        if addressing not in ('auto', 'virtual', 'path'):
            raise ValueError("addressing must be 'auto', 'virtual' or "
                             "'path', not %r" % (addressing,))
        self._addressing = addressing
        found = re.match(
            r'(?:((?i:https?))://)?(\[[0-9a-fA-F:.%]+\]|[A-Za-z0-9._-]+)'
            r'(?::(\d{1,5}))?(/[A-Za-z0-9._~/-]*)?\Z',
            _checked(endpoint or 's3.amazonaws.com', str, 'endpoint').strip())
        if not found:
            raise ValueError(
                'endpoint %r: write host, host:port or http(s)://host[:port]'
                '[/base]' % re.sub('.*@', '...@', str(endpoint)))
        scheme, host, port, base = found.groups()
        self.scheme = (scheme or ('https' if tls else 'http')).lower()
        self.host = host.lower()
        usual = 443 if self.scheme == 'https' else 80
        self.port = _checked_count(int(port or usual), 'the port', 1, 65535)
        self._shown_port = '' if self.port == usual else ':%d' % self.port
        self._base = (base or '').rstrip('/')
        #: whether others may hear what is sent
        self.is_open = self.scheme == 'http' and not re.match(
            r'localhost\Z|127\.|\[?::1\b', self.host)
        #: place, authority and base of the path of a region and bucket
        self._fronts: 'Dict[Any, Tuple[Place, str, str]]' = {}
        aws = _AWS_HOST.match(self.host)
        other = None if aws else re.match(_OTHER_HOSTS, self.host)
        self._aws, self.is_aws = aws, aws is not None
        for name, hosts in _QUIRKS.items():
            setattr(self, name, ('.' + self.host).endswith(hosts))
        self.region: 'OptStr' = aws.group('region') if aws else other and (
            other.group(1) or other.group(2) or 'auto')
        if not aws and re.search(
                r'\.s3(?:[.-].*)?\.amazonaws\.com\Z', self.host):
            raise ValueError('endpoint %r has a bucket in it: pass the bucket '
                             'apart' % endpoint)

    def address(self, region: str, bucket: 'OptStr', key: 'OptStr',
                query: 'Mapping[str, Any]') -> _Address:
        """Say where a request goes: the one URL builder of the file."""
        front = self._fronts.get((region, bucket, key is None))
        if front is None:
            if len(self._fronts) > 1000:
                self._fronts.clear()
            front = self._front(region, bucket, key is None)
            self._fronts[region, bucket, key is None] = front
        (scheme, host, port), authority, path = front
        if key is not None:
            path += '/' + _quote_path(key)
        written = _query(query) if query else ''
        return _Address(scheme, host, port, authority, path or '/', written)

    def _front(self, region: str, bucket: 'OptStr', keyless: bool
               ) -> 'Tuple[Place, str, str]':
        """Say where the requests about a bucket, or its objects, go."""
        # Acceleration is for objects.
        host, path = self._regional_host(
            region, None if keyless else bucket), self._base
        if bucket is not None and bucket.startswith('arn:'):
            host = self._access_point(re.match(_ACCESS_POINT, bucket))
        elif bucket is not None and self._is_virtual(bucket):
            host = bucket + '.' + host
        elif bucket is not None:
            path += '/' + _quote(bucket)
        place = self.scheme, host.strip('[]'), self.port
        return place, host + self._shown_port, path

    def _regional_host(self, region: str, bucket: 'OptStr') -> str:
        """Return the host, on AWS that of the region: a bucket of another
        region answers there without a redirect."""
        aws = self._aws
        if aws is None or aws.group('private') or region == self.region:
            return self.host
        front = aws.group('front')
        if 'accelerate' in front:
            if bucket is not None and '.' in bucket:
                raise ValueError('bucket %r: acceleration is not for names '
                                 'with dots' % bucket)
            if bucket is not None:
                return self.host
            front = front.replace('-accelerate', '')
        return '%s.%s.%s' % (front, region, _suffix(region))

    def _access_point(self, point: 'Any') -> str:
        front = self._aws.group('front') if self._aws else 'accelerate'
        if 'accelerate' in front or 'vpce' in front:
            raise ValueError('the ARN of an access point needs an endpoint '
                             'of AWS that is neither private nor accelerated')
        return '%s-%s.%s.%s.%s' % (
            point.group('name'), point.group('account'),
            front.replace('s3', 's3-accesspoint', 1), point.group('region'),
            _suffix(point.group('region')))

    def _is_virtual(self, bucket: str) -> bool:
        """Say whether the bucket goes into the host name: no old one with
        upper case or underscores, nor under TLS one with a dot, for a
        certificate covers one label."""
        if self._addressing != 'auto':
            return self._addressing == 'virtual'
        inner = '-' if self.scheme == 'https' else '.-'
        return self.is_aws and re.match(
            '[a-z0-9][a-z0-9%s]{1,61}[a-z0-9]\\Z' % inner, bucket) is not None

    def __repr__(self) -> str:
        return '%s://%s%s%s' % (
            self.scheme, self.host, self._shown_port, self._base)


# ---------------------------------------------------------------------------
# Retry: which failures may pass, and how long to wait.
# Knows error codes and times. Must not know: sleeping, S3's operations. The
# loop is Connection._send. Besides: _Transport.send replaces a connection that
# died idle, _Resumed goes on with a body that broke off, _Download brings once
# more what does not match, `_store` sends all parts again after a conflict,
# and `_delete_objects` the keys that failed in passing.
# ---------------------------------------------------------------------------

_PASSING_STATUS = frozenset((408, 429, 500, 502, 503, 504))
_THROTTLED = frozenset((
    'SlowDown', 'Throttling', 'ThrottlingException', 'ThrottledException',
    'RequestThrottled', 'RequestThrottledException', 'TooManyRequests',
    'TooManyRequestsException', 'RequestLimitExceeded',
    'BandwidthLimitExceeded', 'LimitExceededException'))
_PASSING_CODES = _THROTTLED | frozenset((
    'InternalError', 'ServiceUnavailable', 'RequestTimeout',
    'RequestTimeoutException', 'PriorRequestNotComplete',
    'OperationAborted', 'ConditionalRequestConflict'))


def _retry_after(response: 'Optional[Response]',
                 now: float) -> 'Optional[float]':
    """Return the seconds a server asks us to wait, or None."""
    headers = {} if response is None else response.headers
    for name, unit in ('x-amz-retry-after', 1000.0), ('retry-after', 1.0):
        if re.match(r'\d{1,9}\Z', headers.get(name, '')):
            return min(int(headers[name]) / unit, 20.0)
    moment = _parse_http_date(headers.get('retry-after', ''))
    return None if moment is None else min(max(0.0, moment - now), 20.0)


class Retry(collections.namedtuple('Retry', 'attempts base_delay max_delay')):
    """How often to try, and how long to wait in between: a value.

    `attempts` count the first. The wait before the next one is drawn
    between nothing and `base_delay` seconds, doubled each time up to
    `max_delay` ("full jitter", AWS Architecture Blog, 2015); it starts
    twenty times higher where the service asks for less traffic. A server's
    Retry-After is obeyed up to 20 s. ValueError for less than one attempt.

        tinys3.Connection(retry=tinys3.Retry(attempts=10))
    """
    __slots__ = ()

    def __new__(cls, attempts: int = 5, base_delay: float = 0.05,
                max_delay: float = 20.0) -> 'Retry':
        if _checked(attempts, int, 'attempts') < 1:
            raise ValueError('attempts count the first: 1 is the least')
        if not (base_delay >= 0 and max_delay >= 0):
            raise ValueError('delays must not be negative')
        return super().__new__(cls, attempts, base_delay, max_delay)

    def wants(self, error: S3Error) -> bool:
        """Say whether a failure may pass if the request is sent again."""
        if isinstance(error, ResponseError):
            return (error.code in _PASSING_CODES
                    or error.status_code in _PASSING_STATUS
                    or (error.status_code < 300
                        and error.code not in _STATUS_OF))
        return not error._final and isinstance(
            error, (TransportError, IntegrityError, CredentialsError))

    def delay(self, attempt: int, error: S3Error, now: float = 0.0) -> float:
        """Return the seconds to wait after the failure of an attempt, the
        first being 1; `now` is the time, for a Retry-After that is one."""
        asked = _retry_after(getattr(error, 'response', None), now)
        if asked is not None:
            return asked
        base = float(self.base_delay)
        if isinstance(error, ResponseError) and (
                error.code in _THROTTLED or error.status_code in (429, 503)):
            base *= 20
        # os.urandom: no import, and another draw in each forked child.
        chance = int.from_bytes(os.urandom(4), 'big') / 2.0 ** 32
        return float(chance * min(base * 2.0 ** min(attempt - 1, 64),
                                  self.max_delay))


_LOCKS: 'Dict[int, threading.Lock]' = {}


def _begin_anew(inherited: 'Any') -> None:
    """Reset what a forked child has of its parent, once for all threads:
    twice, and the first would lose what it began with."""
    # The parent's lock may be held for ever in the child.
    with _LOCKS.setdefault(os.getpid(), threading.Lock()):
        if inherited._pid != os.getpid():
            inherited._reset()


class _Budget(object):
    """What all requests of a Connection may do together.

    A further try costs 5 tokens of 500, which a success brings back, and
    one more if it was the first try (the standard mode of the AWS SDKs).
    Theirs fail without tokens; ours wait for them, 10 tries a second, so
    that a service in trouble is not hammered and none of the work is lost.

    After S3 asked to slow down fewer requests are under way at once (each
    is a `with`): half as many, at most once a second, and one more with
    each success. None is held for more than 5 s: one may wait for another's
    bytes.
    """

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        """Begin anew: at first, and in a forked child."""
        self._changed = threading.Condition(threading.Lock())
        self._tokens, self._then = 500.0, time.monotonic()
        #: an item for each request under way: a list needs no lock
        self.flying: 'List[None]' = []
        self.limit = self._most = 0
        self._slowed = -1.0
        self._pid = os.getpid()     # last: other threads look at it first

    def _lock(self) -> threading.Condition:
        if self._pid != os.getpid():
            _begin_anew(self)
        return self._changed

    def _add(self, tokens: float) -> float:
        """Add tokens, and those of the time that passed; return what there
        is, less than nothing if others wait already."""
        with self._lock():
            now = time.monotonic()
            grown = self._tokens + 50.0 * (now - self._then)
            self._tokens, self._then = min(grown, 500.0) + tokens, now
            return self._tokens

    def earn(self, late: bool) -> None:
        """Take in what a success brings, late if not at the first try."""
        if self._tokens < 500.0:
            self._add(5.0 if late else 1.0)

    def spend(self) -> float:
        """Pay for a try; return the seconds to wait for its tokens."""
        return min(max(0.0, self._add(-5.0) / -50.0), 20.0)

    def __enter__(self) -> None:
        if not self.limit:
            self.flying.append(None)
            return
        with self._lock():
            self._changed.wait_for(
                lambda: not 0 < self.limit <= len(self.flying), 5.0)
            self.flying.append(None)    # before another one looks

    def __exit__(self, kind: object, error: 'Optional[BaseException]',
                 traceback: object) -> None:
        # Any answer but that of a service in trouble is a success here.
        del self.flying[-1:]        # one who forked has none
        if error is None and not self.limit:
            return
        status = getattr(error, 'status_code', 0) if error else 200
        with self._lock():
            flying, now = len(self.flying) + 1, time.monotonic()
            if status in (429, 503) and now > self._slowed + 1.0:
                self._most, self._slowed = max(flying, self._most), now
                self.limit = max(1, min(self.limit or flying, flying) // 2)
            elif self.limit and 200 <= status < 500 and status != 429:
                self.limit += 1
                if self.limit >= self._most:     # as many as there were
                    self.limit = self._most = 0
            self._changed.notify_all()


# ---------------------------------------------------------------------------
# Transport: one request out, one answer in, over connections kept alive.
# Knows sockets, TLS, proxies, HTTP/1.1. Must not know: S3, signing. Low-level
# errors become TransportError here, and only here.
# ---------------------------------------------------------------------------

_IDLE_WRITE = 4.0           # seconds a connection may lie idle before a write
_IDLE_READ = 20.0           # ... and before a read: S3 hangs up about then
_MAX_IDLE = 100             # connections that lie idle at once
_MAX_INTERIM = 32           # 1xx answers before the real one
_MAX_TRAILERS = 100         # headers after the last chunk
_RECORD = 16 * 1024         # bytes in a record of TLS, at most
_DRAIN = 64 * 1024          # bytes of an unread body worth reading for reuse
_HEAD_END = re.compile(br'\n\r?\n')
_LINE_END = re.compile(br'\r?\n')
_INTERIM = br'(?s)\A(?:HTTP/1\.[01] 1\d\d.*?\r?\n\r?\n)+'
_FIRST_PID = os.getpid()    # any other is a forked child's


class _Stale(Exception):
    """An idle connection died before a byte of the answer came; the request
    may have been heard."""


def _not_http(text: str) -> TransportError:
    # Not much of it: an echo would have our headers, and what is in them.
    return TransportError('the answer is not HTTP/1: ' + _one_line(text, 24))


def _host_port(host: str, port: int) -> str:
    return ('[%s]:%d' if ':' in host else '%s:%d') % (host, port)


class _Proxy(object):
    """An HTTP proxy, and the headers that nobody else may see; `source` is
    what named it. ValueError for any other address, which is not repeated:
    it may hold a password."""

    def __init__(self, address: str, source: str) -> None:
        found = re.match(
            r'(?:(?i:http)://)?(?:([^/?#]*)@)?(\[[0-9a-fA-F:.%]+\]|'
            r'[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?/?\Z', address.strip())
        user, host, port = found.groups() if found else ('', '', '0')
        self.host, self.port = host.strip('[]'), int(port or 80)
        self._source = source
        self.headers: 'Dict[str, str]' = {}
        if not 0 < self.port < 65536:
            raise ValueError(
                '%s is no HTTP proxy: write http://host:port or http://user:'
                'password@host:port, percent-encoded; neither SOCKS nor TLS '
                'to a proxy is supported' % source)
        if user:
            import urllib.parse
            pair = user if ':' in user else user + ':'
            self.headers['Proxy-Authorization'] = 'Basic ' + _base64(
                urllib.parse.unquote_to_bytes(pair.encode(
                    'utf-8', 'surrogateescape')))

    def __repr__(self) -> str:
        return 'the proxy %s (%s)' % (
            _host_port(self.host, self.port), self._source)

    def refusal(self, status: int, reason: str) -> TransportError:
        """Make the error of an answer that is the proxy's own."""
        advice = 'let it allow the endpoint, or name that in NO_PROXY'
        if status in (401, 407):
            advice = ('check its user and password' if self.headers else
                      'write it as http://user:password@host:port')
        elif status in (502, 503, 504):
            advice = 'check the name of the endpoint, and the network'
        error = TransportError('%r answered %d %s. What to do: %s' % (
            self, status, _one_line(reason, 80), advice))
        return error if status in _PASSING_STATUS else _hopeless(error)


def _is_within(address: str, network: str) -> bool:
    """Say whether an IP address is in a network, or equals an address."""
    import ipaddress
    try:
        return (ipaddress.ip_address(address.partition('%')[0])
                in ipaddress.ip_network(network, strict=False))
    except ValueError:
        return False


def _is_exempt(host: str, port: int, exempt: str) -> bool:
    """Say whether NO_PROXY names a host: as *, as a domain it is or is in,
    as an address or a network; with a port, for that one only."""
    is_ip = re.match(r'[0-9.]+\Z|.*:', host)
    for entry in re.split(r'[\s,]+', exempt.lower()):
        found = re.match(r'(\[.*\]|[^:]*)(?::([0-9]+))?\Z', entry)
        name, wanted = found.groups() if found else (entry, None)
        name = re.sub(r'\A\*?\.|[][]', '', name)
        if name and int(wanted or port) == port and (
                name == '*' or (_is_within(host, name) if is_ip else
                                ('.' + host).endswith('.' + name))):
            return True
    return False


def _find_proxy(place: 'Place') -> 'Optional[_Proxy]':
    """Find the proxy for a place: in the environment, or else, on macOS and
    Windows, among what the system was told, as urllib reads them."""
    scheme, host, port = place
    # macOS crashes if a forked child asks it.
    asks = sys.platform in ('darwin', 'win32') and os.getpid() == _FIRST_PID
    if not asks and not any(
            name.lower().endswith('_proxy') for name in os.environ):
        return None         # urllib takes long to import
    import urllib.request
    proxies, source = urllib.request.getproxies_environment(), ''
    if not proxies and asks and not urllib.request.proxy_bypass(host):
        source = "the system's settings"
        # Older Pythons make Windows' one proxy for all an https:// one.
        proxies = {name: address.replace('https://', 'http://') for
                   name, address in urllib.request.getproxies().items()}
    name = scheme if scheme in proxies else 'all'
    if name not in proxies or _is_exempt(host, port, proxies.get('no', '')):
        return None
    try:
        return _Proxy(proxies[name], source or name + '_proxy')
    except ValueError as error:
        raise _hopeless(TransportError(str(error))) from None


def _begin_to_dial(family: int, kind: int, protocol: int, name: str,
                   place: 'Any') -> 'socket.socket':
    """Make a socket that is about to connect; OSError if that cannot be."""
    import socket
    sock = socket.socket(family, kind, protocol)
    sock.setblocking(False)
    code = sock.connect_ex(place)
    if code in (0, errno.EINPROGRESS, errno.EWOULDBLOCK):
        return sock
    sock.close()
    raise OSError(code, os.strerror(code))


def _dial(address: 'Tuple[str, int]', timeout: 'Optional[float]',
          source: None = None) -> 'socket.socket':
    """Connect to a host by the first of its addresses that answers: each
    has 250 ms before the next is tried beside it, as RFC 8305 has it. A
    network without IPv6 would cost a timeout for each such address."""
    import selectors
    import socket
    waiting = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)[::-1]
    error: OSError = socket.timeout('timed out')
    trying: 'Any' = selectors.DefaultSelector()
    patience = 1e6 if timeout is None else timeout
    end = time.monotonic() + patience
    try:
        while (waiting or trying.get_map()) and time.monotonic() < end:
            if waiting:
                try:
                    trying.register(_begin_to_dial(*waiting.pop()),
                                    selectors.EVENT_WRITE)
                except OSError as refused:
                    error = refused
                    continue
            for key, _ in trying.select(max(0, min(
                    end - time.monotonic(), 0.25 if waiting else patience))):
                sock: 'socket.socket' = trying.unregister(key.fileobj).fileobj
                code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if not code:
                    sock.settimeout(timeout)
                    return sock
                sock.close()
                error = OSError(code, os.strerror(code))
        raise error
    finally:
        del error           # its traceback has this frame
        for key in trying.get_map().values():
            key.fileobj.close()
        trying.close()


class _Channel(object):
    """An open connection: a socket, and what was read ahead from it; `proxy`
    is who reads the requests on it, to pass them on."""

    def __init__(self, sock: 'socket.socket',
                 proxy: 'Optional[_Proxy]' = None) -> None:
        self.sock, self.proxy = sock, proxy
        self.ahead = b''
        self._poll: 'Any' = None
        self.place: 'Optional[Place]' = None
        self.idle_since = 0.0       # until it has served once
        self.heard = False          # of the answer in hand, a byte has come
        self.reusable = True
        self.stop: 'Optional[_Stop]' = None     # what it is in use for

    def _fill(self) -> bool:
        data = self.sock.recv(_SMALL)
        if data:
            self.heard = True
            self.ahead = self.ahead + data if self.ahead else data
        return bool(data)

    def answered(self) -> bool:
        """Say whether an answer, or the end, came while we still send.

        A TLS connection also turns readable for a session ticket: only
        reading without waiting tells.
        """
        ended = self.is_readable() and not self._fill_now()
        self.ahead = re.sub(_INTERIM, b'', self.ahead)
        # It may be interim what has begun to come.
        return ended or not any(begun.startswith(self.ahead[:10]) for begun
                                in (b'HTTP/1.1 1', b'HTTP/1.0 1'))

    def _fill_now(self) -> bool:
        """Read what is there, without waiting; False at the end."""
        timeout = self.sock.gettimeout()
        self.sock.settimeout(0)
        try:
            return self._fill()
        except OSError as error:
            return type(error).__name__ in (
                'BlockingIOError', 'SSLWantReadError')
        finally:
            self.sock.settimeout(timeout)

    def is_readable(self) -> bool:
        """Say whether reading would not wait."""
        if self._poll is None:
            import select
            if not hasattr(select, 'poll'):     # select() fails above fd 1023
                return bool(select.select([self.sock], [], [], 0)[0])
            self._poll = select.poll()
            self._poll.register(self.sock, select.POLLIN)
        return bool(self._poll.poll(0))

    def read_until(self, end: 'Any', start: bytes = b'') -> bytes:
        """Return what comes before the end, which is skipped; refuse at
        once what does not begin with `start`."""
        while self.ahead or self._fill():
            if self.ahead[:len(start)] != start[:len(self.ahead)]:
                raise _not_http(self.ahead.decode('latin-1'))
            found = end.search(self.ahead)
            if (found.start() if found else len(self.ahead)) > _MAX_HEAD:
                raise TransportError('the answer has too long a head')
            if found:
                data = self.ahead[:found.start()]
                self.ahead = self.ahead[found.end():]
                return data
            if not self._fill():
                break
        raise TransportError('the connection was closed too early')

    def read_some(self, size: int) -> bytes:
        """Return up to `size` bytes, whatever has come; empty at the end."""
        if self.ahead:
            return self.take(size)
        size = min(size, _BLOCK)
        if not hasattr(self.sock, 'pending'):
            return self.sock.recv(size)
        # TLS gives one record at a time; handing each on costs more than to
        # gather those that are here already: a tenth of a download.
        data = self.sock.recv(min(size, _RECORD))
        pieces, left = [data], size - len(data)
        while left and data and self.is_readable():
            try:
                data = self.sock.recv(min(left, _RECORD))
            except OSError:     # it comes again
                break
            pieces.append(data)
            left -= len(data)
        return b''.join(pieces)

    def take(self, size: int) -> bytes:
        """Return up to `size` bytes of what was read ahead."""
        data, self.ahead = self.ahead[:size], self.ahead[size:]
        return data

    def skip(self, size: int) -> bool:
        """Skip bytes if all have come, without waiting."""
        before = -1
        while before < len(self.ahead) < size:     # more may come
            before = len(self.ahead)
            self._fill_now()
        return len(self.take(size)) == size

    def next_chunk(self) -> int:
        """Return the size of the next chunk; the last one is empty, and
        headers nobody needs come after it."""
        found = re.match(br'[0-9a-fA-F]{1,15}(?=\s*(?:;|\Z))',
                         self.read_until(_LINE_END))
        if not found:
            raise TransportError('the answer has a malformed chunk')
        size = int(found.group(), 16)
        for _ in range(0 if size else _MAX_TRAILERS):
            if not self.read_until(_LINE_END):
                return 0
        if size == 0:
            raise TransportError('the answer has too many trailers')
        return size

    def is_clean(self) -> bool:
        """Say whether it can carry another request: nothing may have come
        that nobody asked for, nor lie decrypted in the TLS layer."""
        pending = getattr(self.sock, 'pending', int)
        return self.reusable and not self.ahead and not pending()

    def leave(self) -> None:
        """Be in use for no transfer any more."""
        if self.stop is not None:
            with self.stop.lock:    # or another's request would be cut off
                self.stop.channels.discard(self)
            self.stop = None

    def hang_up(self) -> None:
        """Close the connection."""
        self.leave()
        self.sock.close()

    __del__ = hang_up


class _Stop(threading.Event):
    """Set when a transfer ends early: its requests are not sent again, and
    those that wait for the network can be cut off."""

    def __init__(self) -> None:
        super().__init__()
        #: that are in use for it; and what they leave it by
        self.channels: 'Set[_Channel]' = set()
        self.lock = threading.RLock()

    def check(self) -> None:
        """Raise if it is set."""
        if self.is_set():
            raise TransportError('the transfer was given up')

    def take(self, channel: _Channel) -> None:
        """Have a connection be cut off as well, unless it is too late."""
        self.channels.add(channel)
        channel.stop = self
        self.check()

    def cut(self) -> None:
        """Let the threads go on that read or write."""
        import socket
        with self.lock:
            for channel in list(self.channels):
                try:    # TLS has its own, after which it reads on as if plain
                    socket.socket.shutdown(channel.sock, socket.SHUT_RDWR)
                except OSError:
                    pass


def _parse_headers(lines: 'Iterable[str]') -> 'Dict[str, str]':
    """Read header lines, the names in lower case; a folded line goes on
    with the previous one."""
    headers: 'Dict[str, str]' = {}
    name = ''
    for line in lines:
        if line[:1] in ' \t' and name:
            headers[name] = (headers[name].rstrip(' ') + ' '
                             + line.strip(' \t\r')).strip(' ')
            continue
        name, colon, value = line.partition(':')
        # Not all white space: in UTF-8, U+00E0 ends in what Latin-1 calls
        # a space.
        name, value = name.lower(), value.strip(' \t\r')
        if not colon or not _TOKEN.match(name):
            raise TransportError('the answer has a malformed header: %s'
                                 % _one_line(line, 80))
        if name in headers:
            value = headers[name] + ', ' + value
        headers[name] = value
    return headers


_STATUS_LINE = re.compile(
    br'HTTP/1\.([01]) ([1-5]\d\d)(?: ([^\r\n]*))?\r?(?:\n|\Z)')
_LENGTH = re.compile(r'(?:([0-9]{1,18})(?:, \1)*)?\Z')
# A head in lower case, whose lines are well-formed, that tells the length of
# the body once or not at all, and nothing of what else would frame it.
_PLAIN_LINES = (br"(?:\r\n(?!content-length|transfer-encoding|connection)"
                br"[!#-'*+\-.^-z|~0-9]+:[^\r\n]*)*")
_USUAL_HEAD = re.compile(
    br'http/1\.1 ([1-5]\d\d)(?: ([^\r\n]*))?' + _PLAIN_LINES
    + br'(?:\r\ncontent-length: ?(\d{1,18})' + _PLAIN_LINES + br')?\r?\Z')


class _Head(object):
    """The head of an answer, and what it says of the body, whose `length`
    is None if it is unknown; `lower` is all of it in lower case.

    One pattern knows the usual ones, whose headers are parsed when asked
    for only: saves 12 us of a request.
    """
    keeps_alive, chunked = True, False
    _headers: 'Optional[Dict[str, str]]' = None

    def __init__(self, data: bytes, method: str) -> None:
        self._data, self.lower = data, data.lower()
        usual = _USUAL_HEAD.match(self.lower)
        if usual:
            status, _, length = usual.groups()
            self.status = int(status)
            self.length = None if length is None else int(length)
            self.reason = data[slice(*usual.span(2))].decode('latin-1')
        else:
            self._read()
        if method == 'HEAD' or self.status in (204, 304):
            if self.status == 204 and self.chunked:
                self.keeps_alive = False    # an empty chunk may come yet
            self.chunked, self.length = False, 0

    def _read(self) -> None:
        """Read a head that is not as usual, or is none."""
        found = _STATUS_LINE.match(self._data)
        if not found:
            raise _not_http(self._data.partition(b'\n')[0].decode('latin-1'))
        version, status, reason = found.groups()
        self.status = int(status)
        self.reason = (reason or b'').decode('latin-1').strip()
        headers = self._headers = _parse_headers(self._lines())
        connection = headers.get('connection', '').lower()
        self.keeps_alive = 'close' not in connection and (
            version == b'1' or 'keep-alive' in connection)
        coding = headers.get('transfer-encoding', '').lower()
        if coding not in ('', 'chunked'):
            raise TransportError('the answer has an unknown transfer '
                                 'encoding')
        length = headers.get('content-length', '')
        if not _LENGTH.match(length):
            raise TransportError('the answer has a malformed Content-Length')
        if ',' in length:       # said twice, it is one
            length = headers['content-length'] = length.partition(',')[0]
        self.chunked = bool(coding)
        self.length = int(length) if length else None

    def _lines(self) -> 'List[str]':
        return self._data.decode('latin-1').split('\n')[1:]

    def look_up(self, name: str) -> str:
        """Return a header by its name in lower case; '' if it is missing."""
        if self._headers is None:
            mark = b'\n%s:' % name.encode('ascii')
            at = self.lower.find(mark)
            if at < 0:
                return ''
            end = self.lower.find(b'\n', at + 1)
            if self.lower.find(mark, end) < 0:
                value = self._data[at + len(mark):end if end > 0 else None]
                return value.decode('latin-1').strip(' \t\r')
        return self.headers.get(name, '')

    @property
    def headers(self) -> 'Dict[str, str]':
        """The headers, the names in lower case."""
        if self._headers is None:
            lines = self._lines()
            self._headers = {
                name.lower(): value.strip(' \t\r') for name, _, value in [
                    line.partition(':') for line in lines]}
            if len(self._headers) < len(lines):     # one is there twice
                self._headers = _parse_headers(lines)
        return self._headers


_ADVICE = (
    ('CERTIFICATE_VERIFY_FAILED', 'if the endpoint has a certificate of an '
     'authority of your own, name its file as ca_bundle='),
    ('CertificateError', 'check the name of the endpoint'),
    ('WRONG_VERSION_NUMBER', 'the endpoint seems to speak plain HTTP: write '
     'it as http://... or pass tls=False'),
    ('gaierror', 'check that name, and the network'),
    ('ConnectionRefusedError', 'check that host and port'))


def _timed_out(error: object) -> bool:
    """Say whether an error is a socket's timeout, which has two names."""
    return type(error).__name__ in ('timeout', 'TimeoutError')


def _raise_ours(error: BaseException, when: str) -> 'NoReturn':
    """Raise an error of a socket, of TLS or of http.client as ours, any
    other as it is. A ValueError is getaddrinfo's for a bad name, or before
    3.7 that of ssl for a certificate."""
    import http.client
    ours: 'Any' = None
    try:
        if isinstance(error, S3Error) or not isinstance(
                error, (OSError, http.client.HTTPException, ValueError)):
            raise error
        kind = type(error).__name__
        text = 'timed out' if _timed_out(error) else _one_line(error) or kind
        advice = ['. What to do: ' + advice for mark, advice in _ADVICE
                  if mark in kind + text]
        ours = TransportError('%s (%s)%s' % (text, when, ''.join(advice[:1])))
        if 'CERTIFICATE' in text or 'CertificateError' in kind:
            _hopeless(ours)     # it does not become valid by asking again
        raise ours from error
    finally:
        del error, ours     # their tracebacks have this frame


class _Incoming(_Payload):
    """The body of an answer, on its way: of known length, in chunks, or
    until the connection ends. At its end the connection is given back."""

    def __init__(self, channel: _Channel, head: _Head,
                 give_back: 'Callable[[_Channel], None]') -> None:
        self._channel: 'Optional[_Channel]' = channel
        self._give_back = give_back
        self._chunked, self._pid = head.chunked, os.getpid()
        self._lost: 'Optional[Exception]' = None
        # Bytes left of the body, or of the chunk in hand; None if unknown.
        self._left = 0 if head.chunked else head.length
        if head.chunked != (head.length is None):
            channel.reusable = False    # no end, or two: smuggled in?
        if self._left == 0 and not self._chunked:
            self._let_go(give_back)

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes of the body."""
        if self._channel is not None and self._pid != os.getpid():
            self._lost = TransportError('the connection is that of the parent '
                                        'process')
            self._let_go(_Channel.hang_up)
        if self._lost is not None:
            raise self._lost
        if self._channel is None or size < 1:
            return b''
        try:
            data = self._read(self._channel, size)
        except BaseException as error:
            self._lost = TransportError('the body was cut short before')
            self._let_go(_Channel.hang_up)
            _raise_ours(error, 'while its body was read')
        if not data or (self._left == 0 and not self._chunked):
            self._let_go(self._give_back)
        return data

    def _read(self, channel: _Channel, size: int) -> bytes:
        if self._left is None:
            return channel.read_some(size)
        if self._left == 0:
            self._left = channel.next_chunk()
            if self._left == 0:
                return b''
        data = channel.read_some(min(size, self._left))
        if not data:
            raise TransportError('the connection was closed with %d bytes of '
                                 'the body missing' % self._left)
        self._left -= len(data)
        if self._left == 0 and self._chunked and (
                channel.read_until(_LINE_END)):
            raise TransportError('the answer has a malformed chunk')
        return data

    def _let_go(self, then: 'Callable[[_Channel], None]') -> None:
        channel, self._channel = self._channel, None
        if channel is not None:
            then(channel)

    def close(self) -> None:
        """Skip a short rest that is here already, so that the connection
        serves again; what follows cannot be read any more."""
        if self._channel is None:
            return
        self._lost = ValueError('the answer was closed before its end')
        whole = not self._chunked and self._left and self._left <= _DRAIN and (
            self._pid == os.getpid() and self._channel.skip(self._left))
        self._let_go(self._give_back if whole else _Channel.hang_up)


@functools.lru_cache(maxsize=256)
def _head_form(names: 'Tuple[str, ...]') -> str:
    """Make the form of a head with these headers: most have the same."""
    return '%%s %%s HTTP/1.1\r\nHost: %%s\r\n%s%%s\r\n' % ''.join(
        name.replace('%', '%%') + ': %s\r\n' for name in names)


def _request_head(method: str, address: _Address,
                  headers: 'Mapping[str, str]', size: int,
                  proxy: 'Optional[_Proxy]') -> bytes:
    """Write the head of a request; a proxy is told the whole URL."""
    if proxy is not None:
        headers = dict(headers, **proxy.headers)
    length = 'Content-Length: %d\r\n' % size if (
        size or method in ('PUT', 'POST')) else ''
    return (_head_form(tuple(headers)) % (
        (method, address.target if proxy is None else address.url,
         address.authority) + tuple(headers.values()) + (length,)
    )).encode('ascii')


def _write(channel: _Channel, head: bytes,
           body: _Body) -> 'Optional[OSError]':
    """Send a request, in one block if it is little, telling who watches how
    much of a large body was sent; return what stopped it, or None.

    A failed write is no verdict: the server may have answered already, with
    the reason why it hung up.
    """
    sent, small = 0, body.size <= _SMALL
    if small and body.size:
        head += body.join()
    try:
        channel.sock.sendall(head)
    except OSError as error:
        return error
    for block in () if small else body.blocks():
        try:
            if channel.answered():
                return ConnectionError('%s before all was sent' % (
                    'answered' if channel.ahead else 'hung up'))
            channel.sock.sendall(block)
        except OSError as error:
            return error
        sent += len(block)
        if body.watch is not None:
            body.watch(sent)
    return None


def _read_answer(channel: _Channel, method: str,
                 trouble: 'Optional[OSError]') -> _Head:
    """Read the head of the final answer, past interim ones."""
    whole = trouble is None
    try:
        if trouble is not None and _timed_out(trouble):
            raise trouble
        for _ in range(_MAX_INTERIM):
            head = _Head(channel.read_until(_HEAD_END, b'HTTP/1.'), method)
            if head.status >= 200:
                break
        else:
            raise TransportError('only interim answers (1xx) came')
    except (OSError, TransportError):
        if trouble is not None and not channel.heard:
            raise trouble from None
        raise
    finally:
        del trouble         # its traceback has this frame
    if not whole and head.status < 300:
        raise TransportError('answered %d before all was sent' % head.status)
    # A proxy that does not offer to go on might pass on all that follows as
    # it is, its password too (tinyproxy).
    channel.reusable = whole and head.keeps_alive and (
        channel.proxy is None
        or 'keep-alive' in head.headers.get('connection', '').lower())
    return head


def _tunnel(channel: _Channel, proxy: _Proxy, target: str) -> None:
    """Have a proxy connect us with a host and port. http.client can do it
    too, but reads any number of headers, and writes no IPv6 address right
    before 3.12."""
    channel.sock.sendall(_request_head('CONNECT', _Address(
        '', '', 0, target, target, ''), proxy.headers, 0, None))
    try:
        head = _read_answer(channel, 'CONNECT', None)
        channel.reusable, channel.heard = True, False
        if head.status < 300 and not channel.is_clean():
            raise TransportError('more came than an answer')
    except TransportError as error:
        raise TransportError('%r, asked for %s: %s' % (
            proxy, target, error)) from error
    if head.status > 299:
        raise proxy.refusal(head.status, head.reason)


class _Transport(object):
    """Connections to any number of places, shared by all threads.

    Each is used by one thread at a time; the one used last is used next.
    `proxy` is the address of a proxy for all, '' or False for none, None to
    ask the environment; `profile_ca` returns the profile's `ca_bundle`.
    """

    def __init__(self, timeout: 'Tuple[Optional[float], Optional[float]]',
                 ca_bundle: 'OptStr' = None, proxy: 'Proxy' = None,
                 profile_ca: 'Callable[[], OptStr]' = lambda: None) -> None:
        self._connect_timeout, self._read_timeout = timeout
        self._ca_bundle, self._profile_ca = ca_bundle, profile_ca
        self._asks, self._proxy = proxy is None, _Proxy(
            str(_checked(proxy, str, 'proxy')), 'proxy=') if proxy else None
        self._reset()

    def _reset(self) -> None:
        """Begin anew: at first, and in a forked child, whose parent goes on
        using the old connections."""
        self._lock = threading.Lock()
        self._idle: 'List[_Channel]' = []       # the one used last is last
        self._tls: 'Optional[ssl.SSLContext]' = None
        self._pid = os.getpid()     # last: other threads look at it first

    def send(self, method: str, address: _Address,
             headers: 'Mapping[str, str]', body: _Body,
             stream: bool = False, limit: 'Optional[int]' = None,
             stop: 'Optional[_Stop]' = None) -> Response:
        """Send one request and return its answer, whatever its status.

        The body is read as well, unless `stream` is set and the status
        below 300: up to `limit` bytes, or else it must say how long it is,
        for its end could not be told from a cut. A connection that had died
        while idle is replaced, once, uncounted. TransportError if no usable
        answer comes; what the body raises while it is read comes out as it
        is. What is set by `stop` is not begun, and may be cut off.
        """
        if self._pid != os.getpid():
            _begin_anew(self)
        place = address[:3]
        resent = False
        while True:
            if stop is not None:
                stop.check()
            channel = None if resent else self._take(place, method)
            try:
                response = self._converse(
                    channel or self._open(place), method, address, headers,
                    body, stream, limit, stop)
                response._resent = resent
                return response
            except _Stale:
                resent = True       # a new one cannot be stale

    def _converse(self, channel: _Channel, method: str, address: _Address,
                  headers: 'Mapping[str, str]', body: _Body, stream: bool,
                  limit: 'Optional[int]', stop: 'Optional[_Stop]') -> Response:
        """Exchange one request and answer over a connection."""
        started = time.monotonic()
        try:
            if stop is not None:
                stop.take(channel)
            trouble = _write(channel, _request_head(
                method, address, headers, body.size, channel.proxy), body)
        except BaseException:
            channel.hang_up()
            raise
        try:
            head = _read_answer(channel, method, trouble)
            if head.status == 407 and channel.proxy is not None:
                raise channel.proxy.refusal(407, head.reason)
            if (limit is None and head.status < 300 and head.length is None
                    and not head.chunked):
                raise TransportError('the answer does not say how long it is')
        except BaseException as error:
            channel.hang_up()
            if (channel.idle_since and not channel.heard
                    and not _timed_out(error)
                    and isinstance(error, (OSError, TransportError))):
                raise _Stale from error
            _raise_ours(error, 'waiting for the answer')
        finally:
            trouble = None      # its traceback has this frame
        response = Response(head.status, head.reason, None, None, address,
                            time.monotonic() - started)
        response._head = head
        self._receive(response, channel, stream, limit)
        return response

    def _receive(self, response: Response, channel: _Channel,
                 stream: bool, limit: 'Optional[int]') -> None:
        """Read up to `limit` bytes of the body, or leave it to be read."""
        head = response._head
        if head.status >= 300:
            stream, limit = False, _MAX_ERROR
        if (not stream and head.length is not None and not head.chunked
                and head.length <= len(channel.ahead)
                and (limit is None or head.length <= limit)):
            # All has come: saves 5 us of a request.
            response._content = channel.take(head.length)
            self._give_back(channel)
            return
        response._payload = _Incoming(channel, head, self._give_back)
        if head.status >= 300:
            response._load(_MAX_ERROR)
        elif not stream:
            response._load(float('inf') if limit is None else limit + 1)
            if limit is not None and len(response.content) > limit:
                raise TransportError('the answer has more than %d bytes'
                                     % limit)

    def _take(self, place: 'Place', method: str) -> 'Optional[_Channel]':
        """Take an idle connection that seems alive, or None."""
        longest = _IDLE_READ if method in ('GET', 'HEAD') else _IDLE_WRITE
        while True:
            with self._lock:
                for channel in reversed(self._idle):
                    if channel.place == place:
                        break
                else:
                    return None
                self._idle.remove(channel)
            if (time.monotonic() - channel.idle_since < longest
                    and not channel.is_readable()):
                return channel
            channel.hang_up()

    def _give_back(self, channel: _Channel) -> None:
        """Keep a connection for the next request, if it can carry one; let
        the oldest go, of any place, when its time is over or there are many:
        each bucket may be a place of its own."""
        channel.leave()
        if self._pid != os.getpid() or not channel.is_clean():
            channel.hang_up()
            return
        channel.idle_since, channel.heard = time.monotonic(), False
        with self._lock:
            idle = self._idle
            idle.append(channel)
            if len(idle) > _MAX_IDLE or (
                    idle[0].idle_since < channel.idle_since - _IDLE_READ):
                idle.pop(0).hang_up()

    def _open(self, place: 'Place') -> _Channel:
        """Open a connection. http.client turns Nagle's algorithm off."""
        import http.client
        import socket
        scheme, host, port = place
        tls = self._context() if scheme == 'https' else None
        target, proxy = _host_port(host, port), self._proxy
        if self._asks:
            proxy = _find_proxy(place)
        when = 'connecting to %s' % (proxy or target)
        connection = http.client.HTTPConnection(
            proxy.host if proxy else host, proxy.port if proxy else port,
            timeout=self._connect_timeout)
        connection._create_connection = _dial   # type: ignore[attr-defined]
        try:
            connection.connect()
            channel = _Channel(connection.sock, proxy)
            if tls is not None and proxy is not None:
                when = 'connecting to %s through %r' % (target, proxy)
                _tunnel(channel, proxy, target)
            if tls is not None:
                connection.sock = tls.wrap_socket(
                    channel.sock, server_hostname=host)
                channel = _Channel(connection.sock)
            connection.sock.setsockopt(
                socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            connection.sock.settimeout(self._read_timeout)
        except BaseException as error:
            connection.close()
            _raise_ours(error, when)
        channel.place = place
        return channel

    def _context(self) -> 'ssl.SSLContext':
        """Make the TLS context once: certificates are always verified."""
        if self._tls is None:
            import ssl
            mine = (self._ca_bundle or os.environ.get('AWS_CA_BUNDLE')
                    or self._profile_ca() or os.environ.get('SSL_CERT_FILE')
                    or '')
            folder = os.path.isdir(mine)
            try:
                context = ssl.create_default_context(
                    cafile=None if folder else mine or None,
                    capath=mine if folder else None)
            except OSError as error:
                raise _hopeless(TransportError(
                    'the certificates in %s cannot be loaded: %s'
                    % (mine, error))) from error
            if mine:    # private authorities are lax, and 3.13 is strict
                context.verify_flags &= ~ssl.VERIFY_X509_STRICT
            self._tls = context
        return self._tls

    def certificates(self) -> 'Iterator[str]':
        """Tell of the idle TLS connections: version, whose certificate."""
        for channel in list(self._idle):
            sock: 'Any' = channel.sock
            if hasattr(sock, 'getpeercert'):
                names = dict(pair for pairs in sock.getpeercert().get(
                    'issuer', ()) for pair in pairs)
                yield '%s, certificate issued by %s' % (
                    sock.version(), names.get('organizationName')
                    or names.get('commonName'))

    def close(self) -> None:
        """Close the idle connections."""
        if self._pid != os.getpid():
            _begin_anew(self)
        with self._lock:
            idle, self._idle = self._idle, []
        for channel in idle:
            channel.hang_up()


# ---------------------------------------------------------------------------
# Credentials chain: keys, region and endpoint, found as the AWS command line
# finds them. Knows the environment, AWS's files, and the services that give
# keys. Must not know: the operations.
# ---------------------------------------------------------------------------

_ADVISORY = 900.0           # seconds before expiry when one thread renews
_MANDATORY = 600.0          # ... and when all threads wait until one has
_TRY_AGAIN = 60.0           # seconds until what failed is tried again
_PROCESS_TIME = 60.0        # seconds a credential_process may take
_KEY_OPTIONS = ('aws_access_key_id', 'aws_secret_access_key',
                'aws_session_token')
_SSO_OPTIONS = ('sso_start_url', 'sso_region', 'sso_account_id',
                'sso_role_name')
# Who may be asked without TLS: this machine, and the agents of ECS and EKS.
_AGENTS = (
    r'(?i)http://(localhost|127(\.\d{1,3}){3}|\[::1\]|169\.254\.170\.23?'
    r'|\[fd00:ec2::23\])(:\d+)?(/|\Z)')


def _env(name: str) -> str:
    return os.environ.get(name, '')


def _read_section(path: str, section: str) -> 'Dict[str, str]':
    """Read a section of a shared file; empty if there is none.

    Values may hold a %, so nothing is interpolated; what a parser says of
    a broken file may hold a secret, so it is not repeated.
    """
    if not os.path.exists(path):    # nor is a parser needed
        return {}
    import configparser
    parser = configparser.RawConfigParser(
        strict=False, default_section='\n', inline_comment_prefixes=('#',))
    try:
        parser.read(path, encoding='utf-8-sig')
    except (configparser.Error, UnicodeDecodeError) as error:
        (line, *_), *_ = getattr(
            error, 'errors', [(getattr(error, 'lineno', '?'),)])
        raise CredentialsError('%s cannot be read as a shared AWS file '
                               '(line %s)' % (path, line)) from None
    def bare(name: str) -> str:
        return ' '.join(re.sub('["\']', '', name).split())
    return {option: value.strip() for name in parser.sections()
            if bare(name) == bare(section)
            for option, value in parser.items(name) if value}


def _nested(text: 'OptStr', option: str) -> 'OptStr':
    """Return an option of a block, as a profile's `s3 =` begins one."""
    found = re.search(r'^\s*%s\s*=\s*(.*?)\s*$' % option, text or '', re.M)
    return found.group(1) if found else None


class _Profile(object):
    """One profile of AWS's shared files, read when first asked; what the
    credentials file says wins over the config file."""

    def __init__(self, name: 'OptStr' = None) -> None:
        chosen = name or _env('AWS_PROFILE') or _env('AWS_DEFAULT_PROFILE')
        self.name, self._wanted = chosen or 'default', bool(chosen)
        self._config, self._credentials = map(os.path.expanduser, (
            _env('AWS_CONFIG_FILE') or '~/.aws/config',
            _env('AWS_SHARED_CREDENTIALS_FILE') or '~/.aws/credentials'))
        self._options: 'Optional[Dict[str, str]]' = None

    def _read(self) -> 'Dict[str, str]':
        options = _read_section(self._config, 'profile ' + self.name)
        if self.name == 'default':
            options.update(_read_section(self._config, 'default'))
        keys = _read_section(self._credentials, self.name)
        if 'aws_access_key_id' in keys or 'aws_secret_access_key' in keys:
            for name in _KEY_OPTIONS:       # never half of each file
                options.pop(name, None)
        options.update(keys)
        if 'sso_session' in options:
            options.update(_read_section(
                self._config, 'sso-session ' + options['sso_session']))
        return options

    def get(self, option: str) -> 'OptStr':
        """Return an option's value; CredentialsError for a broken file."""
        if self._options is None:
            self._options = self._read()
        return self._options.get(option)

    def is_on(self, option: str) -> bool:
        """Say whether a variable, or else the profile, turns it on."""
        value = (_env('AWS_' + option.upper()) or self.get(option)
                 or _nested(self.get('s3'), option) or '')
        return value.lower() == 'true'

    def configured(self, service: str) -> 'Tuple[str, OptStr]':
        """Return where an endpoint is set up for a service, and which, if
        there is: in a variable, in the section of services that the profile
        names, or as the profile's own."""
        if self.is_on('ignore_configured_endpoint_urls'):
            return '', None
        for name in 'AWS_ENDPOINT_URL_' + service, 'AWS_ENDPOINT_URL':
            if _env(name):
                return name, _env(name)
        services = self.get('services')
        return 'profile ' + self.name, _nested(services and _read_section(
            self._config, 'services ' + services).get(service.lower()),
            'endpoint_url') or self.get('endpoint_url')

    def regions(self) -> 'Iterator[Tuple[str, OptStr]]':
        """Yield where a region may be set up, and which."""
        for name in 'AWS_REGION', 'AWS_DEFAULT_REGION':
            yield name, _env(name)
        yield 'profile ' + self.name, self.get('region')
        yield 'the default', 'us-east-1'

    def get_key(self, option: str) -> 'OptStr':
        """Return an option's value; the profile, if named, must exist."""
        value = self.get(option)
        if self._wanted and not self._options:
            raise CredentialsError('there is no profile %r in %s or %s' % (
                self.name, self._config, self._credentials))
        return value


def _ask(transport: _Transport, method: str, url: str,
         headers: 'Mapping[str, str]', body: str = '', *secrets: str) -> bytes:
    """Return the answer of a service that gives keys.

    TransportError if it may pass, CredentialsError if not, without what of
    the headers and `secrets` a server may echo. ValueError if it cannot be
    asked.
    """
    if re.search('[^ -~]', ''.join(headers.values())) or (
            re.search('[^!-~]', url)):
        raise ValueError('a token or a URL has a line break, or what else '
                         'cannot be sent')
    _, path, query = _split_url(url)
    origin = re.sub('(//[^/?]*).*', r'\1', url)
    response = transport.send(
        method, _Endpoint(origin).address('', None, None, {})._replace(
            path=path, query=query),
        headers, _Body(body.encode('utf-8')), limit=_MAX_ERROR)
    if response.status_code < 300:
        return response.content
    _blot(response, *secrets, *headers.values())
    error = _error_from(response, method)
    raise (TransportError if Retry().wants(error) else CredentialsError)(
        _one_line('%s answered %d %s: %s' % (
            origin, error.status_code, error.code, error.message.replace(
                ', not of S3', '')), 400).rstrip(': '))


def _nearby(ask: 'Callable[[_Transport], Credentials]',
            timeout: 'Tuple[float, float]') -> Credentials:
    """Have a service of this machine asked, past any proxy."""
    transport = _Transport(timeout, proxy=False)
    try:
        return ask(transport)
    finally:
        transport.close()


def _json(data: 'Union[bytes, str]') -> 'Dict[str, Any]':
    """Read a JSON object; ValueError, without its text, if it is none."""
    import json
    found = json.loads(data)
    if not isinstance(found, dict):
        raise ValueError('the answer is no JSON object')
    return found


def _read_text(path: str) -> str:
    """Read a small file: a token, or what is kept with one."""
    with open(os.path.expanduser(path), encoding='utf-8') as file:
        return file.read(_MAX_ERROR)


def _moment(text: str) -> float:
    """Read an ISO 8601 time, of any zone, as seconds since the epoch."""
    found = re.match(r'(.+?)(?:Z|UTC|([+-]\d\d):?(\d\d))?\Z', text)
    date = _parse_iso_date(found.group(1)) if found else None
    if date is None or found is None:
        raise ValueError('%r is no time' % _one_line(text, 40))
    hours, minutes = found.group(2) or '+0', found.group(3) or '0'
    return date.timestamp() - int(hours) * 3600 - int(hours[0] + minutes) * 60


def _made(source: str, fields: 'Mapping[str, Any]') -> Credentials:
    end = fields.get('Expiration')
    keys = Credentials(
        fields.get('AccessKeyId', ''), fields.get('SecretAccessKey', ''),
        fields.get('SessionToken') or fields.get('Token'),
        end / 1000 if isinstance(end, int) else end and _moment(end))
    keys._source = source
    return keys


def _paired(source: str, get: 'Callable[[str], OptStr]',
            *names: str) -> 'Found':
    """Make credentials of a pair, or say that there is none."""
    access, secret, token = map(get, names)
    if access and secret:
        return _made(source, {'AccessKeyId': access, 'Token': token,
                              'SecretAccessKey': secret})
    if access or secret:
        raise ValueError('%s is there, but not %s' % (
            names[:2] if access else names[1::-1]))
    return 'no ' + names[0]


def _no_keys(text: str, reason: object) -> CredentialsError:
    """Make an error, worth another try if its reason is."""
    error = CredentialsError(text)
    error._final = getattr(reason, '_final', True)
    return error


def _within(label: str, find: 'Callable[[], T]') -> 'T':
    """Ask a source; what it raises tells its name."""
    try:
        return find()
    except (S3Error, OSError, TypeError, ValueError, OverflowError,
            RecursionError) as error:
        raise _no_keys('%s: %s' % (label, _one_line(error)), error) from None


class _Chain(object):
    """All sources of keys, in the order of the AWS command line.

    Each returns credentials, or says why it has none. One that is set up
    but fails raises, and no later one is asked: its keys would be somebody
    else's. `arguments` are those of the Connection.
    """

    def __init__(self, arguments: 'Mapping[str, Any]',
                 transport: _Transport) -> None:
        self._arguments, self._transport = arguments, transport
        self._profile, self._now = _Profile(arguments['profile']), 0.0
        #: why IMDS gave nothing, and until when it is not asked again
        self._imds = '', 0.0

    def __call__(self, now: float) -> Credentials:
        """Go through the sources; CredentialsError tells of all asked. Keys
        of variables are none of a profile that was passed."""
        explicit = self._arguments['profile']
        self._profile, self._now = _Profile(explicit), now
        sources: 'List[Tuple[str, Callable[[], Found]]]' = [
            ('the environment', self._from_environment),
            ('web identity', self._from_web_identity),
            ('profile ' + self._profile.name, functools.partial(
                self._from_profile, self._profile, ())),
            ('container', self._from_container),
            ('IMDS', functools.partial(self._from_instance, False))]
        tried = 'no credentials were found ('
        for label, find in sources if explicit is None else sources[2:]:
            try:
                found = _within(label, find)
            except CredentialsError as error:
                raise _no_keys('%s%s)' % (tried, error), error) from None
            if isinstance(found, Credentials):
                return found
            tried += '%s: %s; ' % (label, found)
        raise CredentialsError(
            tried[:-2] + '). What to do: pass access_key and secret_key, or '
            'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY')

    def _s3(self) -> _Endpoint:
        return _Endpoint(self._arguments['endpoint']
                         or self._profile.configured('S3')[1])

    def _service(self, name: str, host: str, region: str) -> str:
        """Return where a service of AWS is in a region, with a slash."""
        _checked_region(region)
        return (self._profile.configured(name)[1] or 'https://%s.%s.%s' % (
            host, region, _suffix(region))).rstrip('/') + '/'

    # Environment, container, EC2

    @staticmethod
    def _from_environment() -> 'Found':
        return _paired('the environment', _env, 'AWS_ACCESS_KEY_ID',
                       'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN')

    @staticmethod
    def _from_container() -> 'Found':
        """Ask the agent of a container: of ECS, EKS or Lambda SnapStart."""
        path = _env('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI')
        url = ('http://169.254.170.2' + path if path
               else _env('AWS_CONTAINER_CREDENTIALS_FULL_URI'))
        if not url:
            return 'no AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI'
        if not url.lower().startswith('https://') and (
                not re.match(_AGENTS, url)):
            raise ValueError(
                'AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or name '
                'this machine or an agent: 169.254.170.2, 169.254.170.23, '
                '[fd00:ec2::23]; a RELATIVE_URI must begin with a slash')
        file = _env('AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE')
        token = _read_text(file) if file else _env(
            'AWS_CONTAINER_AUTHORIZATION_TOKEN')
        return _nearby(lambda transport: _made(
            'the container endpoint', _json(_ask(
                transport, 'GET', url, {'Authorization': token} if token
                else {}))), (2, 5))

    def _from_instance(self, anyway: bool = True) -> 'Found':
        """Ask EC2, but not for a while after it did not answer, and only if
        S3 is AWS's, somebody named EC2, or it is wanted `anyway`."""
        named, (trouble, until) = _env(
            'AWS_EC2_METADATA_SERVICE_ENDPOINT'), self._imds
        if not (anyway or named or self._s3().is_aws):
            return 'not asked, for the endpoint is not of AWS'
        if _env('AWS_EC2_METADATA_DISABLED').lower() == 'true':
            return 'AWS_EC2_METADATA_DISABLED is set'
        if until - _TRY_AGAIN <= self._now < until:
            return trouble
        mode = _env('AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE').lower()
        try:
            return _nearby(functools.partial(self._ask_imds, (named or (
                'http://[fd00:ec2::254]' if mode == 'ipv6'
                else 'http://169.254.169.254')).rstrip('/') + '/latest/'),
                           (1, 1))
        except (S3Error, TypeError, ValueError) as error:
            trouble = '%s%s' % (error, ' (a container on EC2 needs a hop limit'
                                ' of 2 in the metadata options of its '
                                'instance)' * _timed_out(error.__cause__))
        self._imds = trouble, self._now + _TRY_AGAIN
        return trouble

    @staticmethod
    def _ask_imds(base: str, transport: _Transport) -> Credentials:
        """Get a token, version 2, with it the name of the role, with both
        its keys: nothing is begun after a second, so all ends after two."""
        began, role = time.monotonic(), ''
        token = _ask(transport, 'PUT', base + 'api/token', {
            'X-aws-ec2-metadata-token-ttl-seconds': '21600'}).decode('latin-1')
        while time.monotonic() - began < 1:
            data = _ask(
                transport, 'GET', base + 'meta-data/iam/security-credentials/'
                + _quote(role), {'X-aws-ec2-metadata-token': token})
            if role:
                keys = _made('IMDS: role ' + role, _json(data))
                keys._lasting = True
                return keys
            role = data.decode('latin-1').partition('\n')[0].strip() or '-'
        raise TransportError(base + ' is too slow')

    # Roles

    def _from_web_identity(self) -> 'Found':
        path, role = _env('AWS_WEB_IDENTITY_TOKEN_FILE'), _env('AWS_ROLE_ARN')
        if not path:
            return 'no AWS_WEB_IDENTITY_TOKEN_FILE'
        if not role:
            raise ValueError('AWS_WEB_IDENTITY_TOKEN_FILE is there, but not '
                             'AWS_ROLE_ARN')
        return self._assume('web identity: role ' + role, path, RoleArn=role,
                            RoleSessionName=_env('AWS_ROLE_SESSION_NAME'))

    def _assume(self, source: str, by: 'Found',
                **fields: 'OptStr') -> Credentials:
        """Get a role's keys of STS by keys or, unsigned, by the token in a
        file, which is read each time."""
        action, headers = 'AssumeRole', {
            'Content-Type': 'application/x-www-form-urlencoded'}
        if isinstance(by, str):
            action += 'WithWebIdentity'
            fields['WebIdentityToken'] = _read_text(by).strip()
        s3 = self._s3()
        given = self._arguments['region'] or s3.region if s3.is_aws else None
        region: str = given or next(filter(None, dict(
            self._profile.regions()).values()))
        url = self._service('STS', 'sts', region)
        body = _query(dict(
            {'Action': action, 'Version': '2011-06-15',
             'RoleSessionName': 'tinys3-%d' % self._now},
            **{name: value for name, value in fields.items() if value}))
        if isinstance(by, Credentials):
            headers = sign('POST', url, headers, _sha256(
                body.encode('utf-8')), by, region, 'sts', self._now)
        answer = _xml(_ask(self._transport, 'POST', url, headers, body,
                           fields.get('WebIdentityToken') or ''))
        return _made(source, answer.find(
            action + 'Result', 'Credentials').fields())

    def _from_role(self, profile: _Profile,
                   seen: 'Tuple[str, ...]') -> Credentials:
        """Take the role of a profile, by what it names as the source."""
        get = profile.get
        base, kind = get('source_profile'), get('credential_source')
        finders: 'Dict[OptStr, Callable[[], Found]]' = {
            'Environment': self._from_environment,
            'EcsContainer': self._from_container,
            'Ec2InstanceMetadata': self._from_instance}
        via, find = 'credential_source %s' % kind, finders.get(kind)
        if base:
            via, find = 'source_profile ' + base, functools.partial(
                self._from_profile, _Profile(base), seen)
        by: 'Found' = get('web_identity_token_file') or ''
        if by:
            via = 'web_identity_token_file'
        elif get('mfa_serial'):
            raise ValueError('mfa_serial asks for a code, which cannot be '
                             'given. What to do: pass credentials=')
        elif find is None:
            raise ValueError('role_arn needs a source_profile, or as '
                             'credential_source one of %s, %s, %s'
                             % tuple(finders))
        else:
            by = _within(via, find)
            if isinstance(by, str):
                raise ValueError('%s: %s' % (via, by))
        role = get('role_arn')
        return self._assume(
            'profile %s: role %s via %s' % (profile.name, role, via), by,
            RoleArn=role, RoleSessionName=get('role_session_name'),
            DurationSeconds=get('duration_seconds'),
            ExternalId=get('external_id'))

    # Profiles

    def _from_profile(self, profile: _Profile,
                      seen: 'Tuple[str, ...]') -> 'Found':
        """Find the keys of a profile: its role goes before its own keys,
        unless it is itself the source of a role."""
        keys = _paired('profile ' + profile.name, profile.get_key,
                       *_KEY_OPTIONS)
        if profile.get('role_arn') and (not seen or isinstance(keys, str)):
            if profile.name in seen:
                raise ValueError('source_profile leads back to it')
            return self._from_role(profile, seen + (profile.name,))
        if isinstance(keys, str) and profile.get('credential_process'):
            return self._from_process(profile)
        if isinstance(keys, str) and profile.get('sso_start_url'):
            return self._from_sso(profile)
        return keys

    @staticmethod
    def _from_process(profile: _Profile) -> Credentials:
        """Run a program that prints keys. Its arguments and its output may
        hold secrets: only what it writes to stderr is told."""
        import shlex
        import subprocess
        command = profile.get('credential_process') or ''
        try:
            done = subprocess.run(
                command if os.name == 'nt' else shlex.split(command),
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, timeout=_PROCESS_TIME)
        except subprocess.TimeoutExpired:
            raise ValueError('credential_process did not end within %d s'
                             % _PROCESS_TIME) from None
        if done.returncode:
            said = done.stderr[-400:].decode('utf-8', 'replace')
            raise ValueError('credential_process ended with status %d: %s'
                             % (done.returncode, said))
        found = _json(done.stdout[:_MAX_ERROR])
        if found.get('Version') != 1:
            raise ValueError('credential_process does not speak Version 1')
        return _made('profile %s: credential_process' % profile.name, found)

    def _from_sso(self, profile: _Profile) -> Credentials:
        """Get a role's keys of the portal, for the token of a login."""
        start, region, account, role = map(profile.get, _SSO_OPTIONS)
        if not (start and region and account and role):
            raise ValueError('SSO needs all of ' + ', '.join(_SSO_OPTIONS))
        try:
            token = self._sso_token(
                profile.get('sso_session') or start, region)
            found = _json(_ask(
                self._transport, 'GET', self._service(
                    'SSO', 'portal.sso', region) + 'federation/credentials?'
                + _query({'role_name': role, 'account_id': account}),
                {'x-amz-sso_bearer_token': token}))
        except (CredentialsError, OSError, ValueError) as error:
            raise ValueError('%s. What to do: run aws sso login --profile %s'
                             % (error, profile.name)) from None
        return _made('profile %s: SSO role %s of account %s' % (
            profile.name, role, account), {
                name[:1].upper() + name[1:]: value for name, value
                in dict(found.get('roleCredentials', ())).items()})

    def _sso_token(self, name: str, region: str) -> str:
        """Return the token that is kept under a name, renewed in time."""
        digest = _new_hash('sha1')
        digest.update(name.encode('utf-8'))
        path = os.path.expanduser(
            '~/.aws/sso/cache/%s.json' % digest.hexdigest())
        kept = _json(_read_text(path))
        end = _moment(str(kept.get('expiresAt')))
        if end < self._now + _TRY_AGAIN and kept.get('refreshToken') and (
                _moment(str(kept.get('registrationExpiresAt'))) > self._now):
            self._renew(kept, path, region)
        elif end <= self._now:
            raise ValueError('the SSO token has expired')
        return str(kept.get('accessToken'))

    def _renew(self, kept: 'Dict[str, Any]', path: str, region: str) -> None:
        """Get a new token for the refresh token, and keep both; their file
        is replaced in one step, and stays for us alone to read."""
        import json
        import tempfile
        asked = {name: str(kept.get(name)) for name in (
            'clientId', 'clientSecret', 'refreshToken')}
        found = _json(_ask(
            self._transport, 'POST', self._service(
                'SSO_OIDC', 'oidc', region) + 'token',
            {'Content-Type': 'application/json'}, json.dumps(
                dict(asked, grantType='refresh_token')), *asked.values()))
        kept.update(
            accessToken=str(found.get('accessToken', '')),
            refreshToken=found.get('refreshToken') or asked['refreshToken'],
            expiresAt=time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(
                self._now + int(found.get('expiresIn', 0)))))
        try:
            handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path))
            with open(handle, 'w') as file:
                json.dump(kept, file)
            os.replace(temporary, path)
        except OSError as error:
            _logger().warning('the new SSO token was not kept: %s', error)


def _end_of(keys: Credentials) -> float:
    return float('inf') if keys.expires_at is None else keys.expires_at


def _time_left(keys: Credentials, now: float) -> float:
    """Return the seconds that keys are good for, 0 if they expired; S3 goes
    on taking those of EC2 while EC2 has no new ones."""
    left = _end_of(keys) - now
    return left if left > 0 else 2 * _TRY_AGAIN * keys._lasting


class _Keys(object):
    """Credentials in use: fetched when first needed, again before expiry,
    once for any number of threads. Without `fetch` they stay."""

    def __init__(self, fetch: 'Optional[Callable[[float], Any]]',
                 keys: 'Optional[Credentials]' = None) -> None:
        self._fetch: 'Callable[[float], Any]' = fetch or (lambda now: keys)
        #: the keys; from when one thread renews them, and from when all wait
        self._held: 'Tuple[Optional[Credentials], float, float]' = (
            None, 0.0, 0.0)
        self._failed: 'Optional[CredentialsError]' = None
        self._reset()

    def _reset(self) -> None:
        """Have a lock: at first, and in a forked child."""
        self._lock = threading.Lock()
        self._pid = os.getpid()     # last: other threads look at it first

    def get(self, now: float,
            refused: 'Optional[Credentials]' = None) -> Credentials:
        """Return credentials that are valid now, or raise. Those that the
        service `refused` are fetched again, whatever they say."""
        keys, soon, due = self._held
        usable = keys is not None and keys is not refused
        if keys is not None and usable and now < soon:
            return keys
        if self._pid != os.getpid():
            _begin_anew(self)
        lock, failed = self._lock, self._failed
        if not lock.acquire(not usable or now >= due) and keys is not None:
            return keys                 # another thread is at it
        try:
            keys, soon, _ = self._held
            if keys is None or keys is refused or now >= soon:
                if self._failed is not None and self._failed is not failed:
                    raise _no_keys(str(self._failed), self._failed)
                keys = self._renew(now, refused)
            return keys
        finally:
            lock.release()

    def _renew(self, now: float,
               refused: 'Optional[Credentials]') -> Credentials:
        """Fetch again; keep what is still valid if that fails."""
        old, _, due = self._held
        try:
            keys: Credentials = _checked(self._fetch(now), Credentials,
                                         'what credentials= returns')
            left = _time_left(keys, now)
            if not left:
                raise CredentialsError('the credentials expired at %s'
                                       % _amz_date(keys.expires_at or 0))
        except Exception as error:
            left = 0 if old is None or old is refused else _time_left(old, now)
            if old is None or not left:
                self._failed = _no_keys(str(error), error)
                raise
            _logger().warning(
                'renewing the credentials failed (%s): going on with the old '
                'ones', error if isinstance(error, S3Error)
                else type(error).__name__)
            again = now + min(left, _TRY_AGAIN)
            self._held = old, again, max(again, due)
            return old
        if old is not None and old is refused and (
                old.__dict__ == keys.__dict__):
            keys = old          # the same again: nothing was gained
        self._held = (keys, now + left - min(_ADVISORY, left / 2),
                      now + left - min(_MANDATORY, left / 4))
        return keys


# ---------------------------------------------------------------------------
# Transfers: objects in parts, and objects to local files.
# Knows how parts make a whole, and the file system. Must not know: Pool.
# ---------------------------------------------------------------------------

class _Crew(object):
    """The budget of threads that carry parts, shared by all transfers of a
    Connection, and the memory of parts that may serve again.

    Who has a part waits until it has a slot, so there are never more parts
    in memory than slots and one for each transfer; no task waits for
    another, so none for ever.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.spare: 'List[Any]' = []
        self._slots: 'Dict[int, threading.Semaphore]' = {}

    def slots(self) -> threading.Semaphore:
        """Return as many as there may be threads, in each process."""
        return self._slots.setdefault(
            os.getpid(), threading.Semaphore(self.size))


class _Job(object):
    """A task, then what came of it; locked while it runs."""

    def __init__(self, task: 'Any') -> None:
        self.task, self.running = task, threading.Lock()


class _Team(object):
    """The tasks of one transfer, each in a thread of its own that takes a
    slot of a crew: the first failure ends them all.

    Only those threads touch the semaphore, and who waits does so on plain
    locks: a Ctrl-C in the middle of a Semaphore, an Event or the start of a
    Thread leaves them broken.
    """
    _grace = 1.0        # seconds that who is told to end may go on

    def __init__(self, crew: _Crew) -> None:
        self._slots, self._turn = crew.slots(), threading.Lock()
        self._turn.acquire()        # released by each job that has a slot
        self._jobs: 'List[_Job]' = []
        self._errors: 'List[BaseException]' = []
        self.failed = _Stop()

    def __enter__(self: 'T') -> 'T':
        return self

    def __exit__(self, kind: object, error: 'Optional[BaseException]',
                 traceback: object) -> None:
        if error is not None:
            self.give_up(error)

    def add(self, task: 'Callable[[], Any]', keep: bool = True) -> None:
        """Hand a task over, when there is a slot for it; raise if one has
        failed. Unless it is to `keep` what comes of them, it forgets some
        that have ended."""
        import _thread
        if self.failed.is_set():
            self.results()
        if not keep and len(self._jobs) >= 100:
            self._jobs = [job for job in self._jobs if job.running.locked()]
        job = _Job(task)
        self._jobs.append(job)
        try:
            _thread.start_new_thread(self._run, (job,))
        except RuntimeError:        # none can be had: the interpreter ends
            self._run(job)
        self._turn.acquire()

    def _run(self, job: _Job) -> None:
        # If who waits came before us, we have failed already.
        first = False
        with job.running:
            task, job.task = job.task, None
            try:
                with self._slots:
                    self._turn.release()
                    if not self.failed.is_set():
                        job.task = task()
            except BaseException as error:
                first = not self.failed.is_set()
                if first:
                    self._errors[:] = [error]
                self.failed.set()
            finally:
                del task        # and with it the memory of a part
        if first:
            self._cut_off()

    def _cut_off(self) -> None:
        """Let the jobs fail that wait for the network after a time of grace.
        The others look whether they are to."""
        end = time.monotonic() + self._grace
        while time.monotonic() < end and any(
                job.running.locked() for job in self._jobs):
            time.sleep(0.01)
        self.failed.cut()

    def _wait(self) -> None:
        for job in self._jobs:
            with job.running:
                pass

    def results(self) -> 'List[Any]':
        """Wait for all; return what came of them in order, or raise."""
        self._wait()
        if self._errors:
            raise self._errors.pop()
        ended, self._jobs = self._jobs, []
        return [job.task for job in ended]

    def give_up(self, error: 'Any') -> None:
        """Let the jobs fail after a failure, and wait until all have ended."""
        self.failed.set()
        self._cut_off()
        self._wait()


def _part_sizes(size: 'Optional[int]', part_size: int, equal: bool = True,
                most: int = _MAX_PARTS) -> 'Iterator[int]':
    """Yield the sizes of parts, such that so many are enough: those of a
    stream double ten times, unless they have to be equal."""
    if size is not None:
        least = -(-size // most)
        if least > _MAX_PUT:
            raise ValueError('{:,} bytes are more than {:,} parts of 5 GiB'
                             .format(size, most))
        if least > part_size:
            part_size = -(-least // 2 ** 20) * 2 ** 20
    for number in range(most):
        yield part_size if size is not None or equal else min(
            part_size << number * 10 // most, _MAX_PUT)
    raise ValueError('the stream has more than {:,} parts: raise part_size'
                     .format(most))


def _spans(size: int, part_size: int) -> 'Iterator[Tuple[int, int]]':
    """Yield where the parts of so many bytes begin and end."""
    step = next(_part_sizes(size, part_size))
    for start in range(0, size, step):
        yield start, min(start + step, size)


def _whole_etag(digests: 'Iterable[bytes]') -> str:
    """Return the ETag of an object in parts, by their MD5s, but for some
    encryptions and look-alikes; '' where FIPS forbids it."""
    md5, listed = _new_hash('md5'), list(digests)
    if md5 is None:
        return ''
    md5.update(b''.join(listed))
    return '%s-%d' % (md5.hexdigest(), len(listed))


def _times(one: int, other: int) -> int:
    """Multiply polynomials over GF(2) modulo that of CRC-32; as there, the
    highest bit is the coefficient of 1."""
    product = 0
    for bit in range(31, -1, -1):
        if one >> bit & 1:
            product ^= other
        other = other >> 1 ^ (0xedb88320 if other & 1 else 0)
    return product


@functools.lru_cache(maxsize=16)
def _zeros(size: int) -> int:
    """Return what a CRC-32 is multiplied with where zeros follow."""
    result, power = 1 << 31, 1 << 23        # x to the power of 0, of 8
    while size:
        if size & 1:
            result = _times(result, power)
        power, size = _times(power, power), size >> 1
    return result


def _combined_crc32(parts: 'Iterable[Tuple[int, int]]') -> int:
    """Return the CRC-32 of a whole, of the CRC-32 and size of its parts
    (Mark Adler, crc32_combine in zlib)."""
    whole = 0
    for crc, size in parts:
        whole = _times(_zeros(size), whole) ^ crc
    return whole


def _part(number: int, size: int, etag: str,
          more: 'Mapping[str, str]') -> 'Part':
    """Note what the completion of an upload needs of a part: its size, and
    its XML, with the checksums among what `more` is known of it."""
    fields = {'PartNumber': str(number), 'ETag': etag}
    fields.update({name: text for name, text in more.items() if re.match(
        'Checksum(?!Type)', name)})
    return size, fields


def _whole_crc32(parts: 'List[Part]') -> 'Dict[str, str]':
    """Return the headers of the whole's CRC-32, if each part has one."""
    try:
        crc = _combined_crc32((int.from_bytes(binascii.a2b_base64(
            fields['ChecksumCRC32']), 'big'), size) for size, fields in parts)
    except (KeyError, ValueError):
        return {}
    return {'x-amz-checksum-type': 'FULL_OBJECT',
            'x-amz-checksum-crc32': _base64(crc.to_bytes(4, 'big')),
            'x-amz-mp-object-size': str(sum(size for size, _ in parts))}


def _is_made_of(parts: 'List[Part]', request: _Request,
                found: Response) -> bool:
    try:
        whole = _whole_etag(bytes.fromhex(_bare_etag(fields['ETag']))
                            for _, fields in parts)
    except ValueError:      # not all of them are MD5s
        return False
    return whole != '' and found.etag == whole


class MultipartUpload(object):
    """An object on its way in parts, with the names of tinys3 0.1.

    Made by `initiate_multipart_upload`, or with the id of an upload that
    was interrupted, to go on with it. Nothing is stored under the key
    before `complete_upload`; the parts take space, and money, until then or
    until `cancel_upload`. Its methods wait for their answers. It pickles.

        mp = conn.initiate_multipart_upload('film.mp4')
        with open('film.mp4', 'rb') as film:
            mp.upload_part_from_file(film, 1)
        mp.complete_upload()
    """

    def __init__(self, conn: 'Any', bucket: 'OptStr', key: str,
                 upload_id: 'OptStr' = None) -> None:
        self.conn, self.upload_id = conn, upload_id
        self.bucket, self.key = conn._bucket(bucket), conn._key(key)
        self._headers: 'Dict[str, str]' = {}    # of the object
        # Of its checksums, None where that has to be asked for; and whether
        # there is one of the whole.
        self._algorithm: 'OptStr' = None
        self._full = False
        self._stop: 'Optional[_Stop]' = None

    @property
    def uploadId(self) -> 'OptStr':
        """The upload id, as tinys3 0.1 spelled it."""
        return self.upload_id

    def __repr__(self) -> str:
        return '<tinys3.MultipartUpload s3://%s/%s id=%s>' % (
            self.bucket, _one_line(self.key), self.upload_id)

    def _request(self, method: str, xml: str = '',
                 **query: object) -> _Request:
        """Make a request about this upload, with the headers that each needs
        ("UploadPart", "CompleteMultipartUpload" in S3's API reference)."""
        if not self.upload_id:
            raise ValueError('this upload has no id: it was not initiated')
        return _Request(method, self.bucket, self.key, dict(
            query, uploadId=self.upload_id), _needed(self._headers), xml=xml)

    def _initiate(self, request: _Request, algorithm: str) -> None:
        """Create the upload; conditions are for its completion."""
        if request.has_checksum():
            raise ValueError('a checksum of the whole cannot go with an '
                             'object in parts: leave it out')
        self._headers, self._algorithm = request.headers, algorithm
        self._full = algorithm == 'crc32'
        create = _Request(
            'POST', self.bucket, self.key, {'uploads': ''}, {
                name: value for name, value in request.headers.items()
                if not name.startswith('if-')},
            xml='InitiateMultipartUploadResult')
        create.stop = self._stop
        if algorithm:
            create.optional = ('x-amz-checksum-algorithm',
                               'x-amz-checksum-type')
            create.headers['x-amz-checksum-algorithm'] = algorithm.upper()
        if algorithm == 'crc32':
            create.headers['x-amz-checksum-type'] = 'FULL_OBJECT'
        self.upload_id = self.conn._send(create)._xml.text('UploadId')
        if not self.upload_id:
            raise create.told(TransportError('the answer has no upload id'))

    def _send_part(self, number: int, body: _Body,
                   md5: 'OptStr' = None) -> 'Tuple[Response, Part]':
        """Send a part; return the answer, and what completion needs."""
        if self._algorithm is None and self.conn._algorithm():
            try:
                next(self._parts(), None)
            except AccessDenied:        # who may send need not see the others
                self._algorithm = ''
        request = self._request('PUT', partNumber=number)
        request.body, request.stop = body, self._stop
        if self._algorithm and not self.conn._plain:
            request.add_checksum(self._algorithm)
            request.unsigned &= self.conn._algorithm() == 'crc32'
        if md5 is not None:
            request.headers['content-md5'] = md5
        response = self.conn._send(request)
        if body.watch is not None:
            body.watch(body.size)
        if 'etag' not in response.headers:
            raise request.told(
                TransportError('the answer to a part has no ETag'))
        # What the server does not know is not optional any more.
        return response, _part(number, body.size, response.headers['etag'], {
            'Checksum' + name.rpartition('-')[2].upper(): request.headers[name]
            for name in request.optional})

    def _copy_part(self, number: int, headers: 'Mapping[str, str]',
                   start: int, end: int) -> 'Part':
        """Copy bytes into a part; return what completion needs."""
        request = self._request('PUT', 'CopyPartResult', partNumber=number)
        request.headers.update(headers)
        request.headers['x-amz-copy-source-range'] = _range((start, end - 1))
        request.stop = self._stop
        found = self.conn._send(request)._xml
        return _part(number, end - start, found.text('ETag'), found.fields())

    def upload_part_from_file(self, fp: 'Any', part_num: int,
                              length: 'Optional[int]' = None,
                              md5: 'OptStr' = None, close: bool = False,
                              rewind: bool = True) -> Response:
        """Send a part: all of `fp`, or `length` bytes of it.

        `fp` is whatever `upload` takes; `md5` (base64) is checked by the
        server. Parts are numbered from 1 to 10,000 and have 5 MiB or more,
        the last aside; a number sent again replaces its part. ValueError if
        `fp` has less than `length`.

            mp.upload_part_from_file(film, 2, 8 * 1024 ** 2, rewind=False)
        """
        try:
            _checked_count(part_num, 'part_num', 1, _MAX_PARTS)
            if length is not None:
                _checked_count(length, 'length', 0, _MAX_PUT)
            with _Source(fp, rewind) as source:
                body = (source.whole(_MAX_PUT) if length is None
                        else source.take(length))
                if length is not None and body.size < length:
                    raise ValueError('there are %d bytes, not %d'
                                     % (body.size, length))
                return self._send_part(part_num, body, md5)[0]
        finally:
            if close and hasattr(fp, 'close'):
                fp.close()

    def list_parts(self) -> 'Iterator[Entry]':
        """Iterate over the parts that are there, as dicts: part_number,
        size, etag, last_modified (aware, UTC).

            done = sum(part['size'] for part in mp.list_parts())
        """
        for number, size, found in self._parts():
            yield {'part_number': number, 'size': size,
                   'etag': _bare_etag(found.text('ETag')),
                   'last_modified': _parse_iso_date(
                       found.text('LastModified'))}

    def _parts(self) -> 'Iterator[Tuple[int, int, _Element]]':
        request = self._request('GET', 'ListPartsResult')
        for page in self.conn._pages(request):
            algorithm = page.text('ChecksumAlgorithm').lower()
            self._algorithm = self._algorithm or ''
            if algorithm in ('crc32', 'sha1', 'sha256'):    # that we have
                self._algorithm, self._full = algorithm, page.text(
                    'ChecksumType') == 'FULL_OBJECT'
            for found in page.all('Part'):
                try:
                    yield (int(found.text('PartNumber')),
                           int(found.text('Size') or 0), found)
                except ValueError:
                    raise request.told(
                        TransportError('a part has no number')) from None

    def number_of_parts(self) -> int:
        """Return how many parts are there."""
        return sum(1 for _ in self._parts())

    def complete_upload(self) -> Response:
        """Make the object, of all the parts that are there, in order.
        NotFound if the upload is none any more.

            etag = mp.complete_upload().etag
        """
        return self._complete([
            _part(number, size, _quoted_etag(found.text('ETag')),
                  found.fields()) for number, size, found in self._parts()])

    def _complete(self, parts: 'List[Part]') -> Response:
        request = self._request('POST', 'CompleteMultipartUploadResult')
        for name in ('if-match', 'if-none-match'):
            if name in self._headers:
                request.headers[name] = self._headers[name]
        whole = _whole_crc32(parts) if self._full else {}
        request.headers.update(whole)
        request.optional = tuple(whole)
        request.attach_xml(
            '<CompleteMultipartUpload xmlns="%s">%s</CompleteMultipartUpload>'
            % (_NAMESPACE, ''.join('<Part>%s</Part>' % ''.join(
                '<%s>%s</%s>' % (name, text.translate(_XML_ESCAPES), name)
                for name, text in fields.items()) for _, fields in parts)))
        response: Response = self.conn._send_or_find(
            request, functools.partial(_is_made_of, parts))
        response._etag = response._xml.text('ETag')
        return response

    def cancel_upload(self) -> Response:
        """Give the upload up: its parts are deleted. NotFound if it is none
        any more.

            mp.cancel_upload()
        """
        response: Response = self.conn._send(self._request('DELETE'))
        return response


class _Sending(_Team):
    """An object on its way in parts, several at once: all of it is stored,
    or nothing."""
    _grace = 5.0        # a part should be there before its upload ends

    def __init__(self, conn: 'Any', request: _Request,
                 algorithm: str) -> None:
        super().__init__(conn._crew)
        self._crew, self.number = conn._crew, 0
        self.upload = MultipartUpload(conn, request.bucket, request.key or '')
        self.upload._stop = self.failed
        self._initiate = functools.partial(
            self.upload._initiate, request, algorithm)

    def add_part(self, carry: 'Callable[..., Part]', *more: object) -> None:
        """Hand over the next part, the first after creating the upload;
        raise if one has failed."""
        if not self.number:
            # In a job, for a Ctrl-C must not get between the answer and us.
            self.add(self._initiate)
            self.results()
        self.number += 1
        self.add(functools.partial(carry, self.number, *more))

    def carry(self, number: int, body: _Body) -> 'Part':
        """Send a part, whose memory may serve the next."""
        spare = self._crew.spare
        try:
            return self.upload._send_part(number, body)[1]
        finally:
            if body.memory is not None and len(spare) < self._crew.size:
                spare.append(body.memory)

    def finish(self) -> Response:
        """Make the object of its parts, when all are there."""
        response = self.upload._complete(self.results())
        del self._crew.spare[:]
        return response

    def give_up(self, error: 'Any') -> None:
        """Cancel the upload when no part is under way any more: one that
        arrives later would stay. If that fails, its id goes with the error
        that led to it."""
        super().give_up(error)
        del self._crew.spare[:]
        if not self.upload.upload_id:
            return
        for _ in range(2):
            try:
                self.upload.cancel_upload()
                return
            except NotFound:
                return
            except S3Error as trouble:
                _logger().warning('%r was left behind by %s: %s', self.upload,
                                  type(error).__name__, trouble)
        error.upload_id = self.upload.upload_id


def _send_parts(conn: 'Any', request: _Request, parts: 'Iterable[_Body]',
                track: 'Callable[[int], Progress]') -> Response:
    """Send an object in parts; nothing stays behind if that fails."""
    with _Sending(conn, request, conn._algorithm()) as sending:
        for number, body in enumerate(parts):
            body.watch = track(number)
            sending.add_part(sending.carry, body)
            del body    # or it would be held while the next is read
        return sending.finish()


def _copy_parts(conn: 'Any', request: _Request, size: int,
                part_size: int) -> Response:
    """Copy an object in parts on the server's side; what says where from
    goes with each part, all else with the upload."""
    headers = request.headers
    source = {name: headers.pop(name) for name in tuple(headers) if re.match(
        'x-amz-(copy-source|source-expected-bucket-owner$)', name)}
    algorithm = headers.pop('x-amz-checksum-algorithm', '').lower()
    with _Sending(conn, request, algorithm) as sending:
        for start, end in _spans(size, part_size):
            sending.add_part(sending.upload._copy_part, source, start, end)
        return sending.finish()


def _changed(request: _Request, why: str) -> S3Error:
    return request.told(IntegrityError(
        'the object changed while it was read: ' + why))


def _more_of(conn: 'Any', request: _Request, etag: 'OptStr', start: int,
             end: int, size: 'Optional[int]',
             broken: 'Optional[S3Error]' = None) -> Response:
    """Ask for the bytes of an object from `start` to `end`, if it still has
    this ETag: some servers take no notice of If-Match. Others take none of
    ranges: all of its `size` bytes may come. `broken` is what cut the last
    answer short."""
    whole, wanted = request.headers, _range((start, end - 1))
    request.headers = {
        name: value for name, value in whole.items()
        if not name.startswith('if-') and name != 'x-amz-checksum-mode'}
    request.headers['range'] = wanted
    if etag:
        request.headers['if-match'] = _quoted_etag(etag)
    try:
        answer: Response = conn._send(request, broken)
    except ResponseError as error:
        if error.status_code not in (412, 416):     # 416: it is shorter now
            raise
        raise _changed(request, str(error)) from error
    finally:
        request.headers = whole
    first, last = _extent(answer)
    length = len(answer.content) if not request.stream else int(
        answer.headers.get('content-length') or (last or 0) - first)
    right = (0, size) if answer.status_code == 200 else (start, end)
    if answer.etag == etag and (first, last) == right and (
            last == first + length):
        return answer
    answer.close()
    raise _changed(request, 'asked for %s, %s came' % (
        wanted, _one_line(answer.headers.get(
            'content-range', 'the whole'), 80)))


class _Resumed(_Payload):
    """The bytes of an object from a position on, up to an `end` that is
    None if unknown: those of a payload, or asked for now. Where they break
    off they are asked for again, as one more attempt of the request."""

    def __init__(self, conn: 'Any', request: _Request, etag: 'OptStr',
                 position: int, end: 'Optional[int]', size: 'Optional[int]',
                 payload: 'Optional[_Payload]' = None) -> None:
        self._conn, self._request, self._etag = conn, request, etag
        self._position, self._end, self._size = position, end, size
        self._payload, self._skip = payload or _Payload(), 0
        if payload is None:
            self._ask(None)

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes of the body."""
        while True:
            try:
                return self._read(size)
            except TransportError as error:
                self._ask(error)

    def _read(self, size: int) -> bytes:
        data = b'skipped'
        while self._skip and data:
            data = self._payload.read(min(self._skip, _BLOCK))
            self._skip -= len(data)
        data = self._payload.read(size)
        self._position += len(data)
        if self._end is not None and (
                self._position > self._end
                or self._position < self._end and not data and size > 0):
            raise _changed(self._request, 'it ended at byte %d, not %d' % (
                self._position, self._end))
        return data

    def _ask(self, broken: 'Optional[TransportError]') -> None:
        if self._position == self._end:     # only the last chunk
            self._payload = _Payload()
            return
        if broken and not (self._end and self._etag):
            raise broken
        answer = _more_of(self._conn, self._request, self._etag,
                          self._position, self._end or 0, self._size, broken)
        self._payload = answer._payload
        self._skip = self._position - _extent(answer)[0]

    def close(self) -> None:
        """Give up the rest."""
        self._payload.close()


def _streamed(conn: 'Any', request: _Request) -> Response:
    """Send a GET; its body is read later, and resumed if it breaks off."""
    request.stream = True
    response: Response = conn._send(request)
    if response._content is None:
        start, end = _extent(response)
        response._payload = _Resumed(conn, request, response.etag, start, end,
                                     end, response._payload)
    return response


class _Target(object):
    """A file that takes a download: in order, as pipes have to; or, if it
    is `placed`, at any position from where it is on, from any thread."""

    def __init__(self, file: 'Any', placed: bool = False) -> None:
        self._file, self.placed, self._opened = file, placed, False
        self._start, self._end, self._lock = -1, 0, threading.Lock()
        self._most = 0      # of what was written, the first time too

    def begin(self) -> None:
        """Be ready, a second time if all comes again."""
        if isinstance(self._file, (str, bytes)):    # a device, or a pipe
            self._file, self._opened = open(
                self._file, 'wb', buffering=0), True
        if self.placed and self._start < 0:
            self._start = self._file.tell()
        self._end = 0

    def write(self, position: int, data: bytes) -> None:
        """Write at a position, which is the next where it has none."""
        with self._lock:
            if self.placed:
                self._file.seek(self._start + position)
            _write_all(self._file, data)
            self._end = max(self._end, position + len(data))
            self._most = max(self._end, self._most)

    def publish(self, modified: 'Optional[float]') -> None:
        """Leave the file behind what was written, and at its end nothing
        that came the first time."""
        if self.placed:
            ours = self._file.seek(0, os.SEEK_END) == self._start + self._most
            self._file.seek(self._start + self._end)
            if ours and self._end < self._most:
                self._file.truncate()
        self.discard()

    def discard(self) -> None:
        """Close what was opened here."""
        if self._opened:
            self._file.close()


class _NewFile(_Target):
    """A file that takes its place whole, or not at all: it is written
    beside it, then moved. A link is written through."""

    def __init__(self, path: str) -> None:
        super().__init__(None, True)
        self._path = os.path.realpath(path)
        if os.path.isdir(path) or not os.path.basename(path):
            raise IsADirectoryError(errno.EISDIR, 'is a folder', path)
        folder, name = os.path.split(self._path)
        if not os.path.isdir(folder):
            raise FileNotFoundError(errno.ENOENT, 'there is no folder', folder)
        self._temporary = os.path.join(folder, '.%s.tinys3-%s' % (
            name[:40], os.urandom(4).hex()))

    def begin(self) -> None:
        """Make the file; it gets the mode of the one it will replace."""
        self._file = open(self._temporary, 'xb', buffering=0)
        try:
            os.chmod(self._temporary, os.stat(self._path).st_mode & 0o777)
        except OSError:
            pass        # there is none; or some file systems have no modes
        super().begin()

    def publish(self, modified: 'Optional[float]') -> None:
        """Put it into its place, with a time of modification. On Windows
        that may have to wait for a scanner, or another reader, to let go of
        either."""
        self._file.close()
        try:
            if modified is not None:
                os.utime(self._temporary, (modified, modified))
        except OSError:
            pass        # some file systems keep no such time
        for pause in (0.02, 0.1, 0.5) if os.name == 'nt' else ():
            try:
                return os.replace(self._temporary, self._path)
            except PermissionError:
                time.sleep(pause)
        os.replace(self._temporary, self._path)

    def discard(self) -> None:
        """Remove what there is of it."""
        try:
            if self._file is not None:
                self._file.close()
        finally:
            try:
                os.unlink(self._temporary)
            except OSError:
                pass


def _can_be_placed(file: 'Any') -> bool:
    """Say whether a file surely takes bytes where it is told to: one that
    was opened to append takes them at its end."""
    if type(file) is io.BytesIO:
        return True
    if type(file) not in (io.FileIO, io.BufferedWriter, io.BufferedRandom) or (
            type(getattr(file, 'raw', file)) is not io.FileIO):
        return False
    try:
        import fcntl
        return os.path.isfile(file.fileno()) and not fcntl.fcntl(
            file.fileno(), fcntl.F_GETFL) & os.O_APPEND
    except (ImportError, OSError, ValueError):
        return False


def _make_target(local_file: 'Any') -> _Target:
    """Make a place for a download; refuse what cannot be written to."""
    if isinstance(local_file, (str, os.PathLike)):
        path = os.fspath(local_file)
        if os.path.exists(path) and not (
                os.path.isfile(path) or os.path.isdir(path)):
            return _Target(path)
        return _NewFile(os.fsdecode(path))
    if hasattr(local_file, 'encoding'):     # of text, or of a codec
        raise TypeError("the file is open in text mode: open it in binary "
                        "mode ('wb')")
    if not hasattr(local_file, 'write'):
        raise TypeError('local_file must be a path or a binary file that '
                        'can be written to, not ' + type(local_file).__name__)
    if not getattr(local_file, 'writable', lambda: True)():
        raise TypeError("the file is open for reading only: open it in mode "
                        "'wb'")
    return _Target(local_file, _can_be_placed(local_file))


class _Download(object):
    """An object on its way to a place: in one stream, or a large one in
    several ranges at once, all of them of the same object. One that is the
    job of a team comes in one stream, and ends when the team fails."""

    def __init__(self, conn: 'Any', request: _Request, target: _Target,
                 watch: _Progress, team: 'Optional[_Team]' = None) -> None:
        self._conn, self._request, self._divide = conn, request, team is None
        self._target, self._track = target, watch.tracks()
        self._team = team or _Team(conn._crew)
        request.stop = self._team.failed
        self._summed = False    # whether the CRC of each range is needed

    def run(self) -> Response:
        """Bring it, and once more if its checksum does not match; return
        the first answer, without its content."""
        try:
            return self._bring()
        except IntegrityError as error:
            if error._foreign or not (
                    error._mismatch and self._target.placed and
                    self._request.attempts < self._conn._retry.attempts):
                raise
            _logger().warning('%s; it is fetched once more', error)
        return self._bring()

    def _bring(self) -> Response:
        asked = self._request.headers.get('range', '')
        with _streamed(self._conn, self._request) as response:
            if response.status_code == 304:
                return response
            if response.status_code == 206 and not re.match(
                    'bytes=(%d)?-' % _extent(response)[0], asked):
                raise _changed(self._request, 'a part of it came unasked')
            try:
                self._target.begin()
                if self._is_divisible(response):
                    self._in_ranges(response)
                else:
                    self._pour(response._some, 0, float('inf'))
                self._target.publish(_parse_http_date(
                    response.headers.get('last-modified', '')))
            except BaseException as error:
                self._target.discard()
                if isinstance(error, IntegrityError):
                    self._request.told(error)
                raise
        response._keep(b'')
        return response

    def _is_divisible(self, response: Response) -> bool:
        """Say whether it can be fetched in ranges: it must be known which
        object they are of, and a digest, but for a CRC, needs the bytes in
        order."""
        verifier = response._verifier
        return bool(
            self._divide and self._target.placed
            and response.status_code == 200 and response.etag
            and (_extent(response)[1] or 0) > self._conn._part_size
            and (verifier is None or verifier.name in ('', 'crc32'))
            and response.headers.get('accept-ranges') == 'bytes')

    def _pour(self, read: 'Callable[[int], bytes]', start: int,
              most: float) -> 'Tuple[int, int]':
        """Write a body, or `most` bytes of it; return its CRC and size."""
        crc, size, watch = 0, 0, self._track(start)
        while size < most:
            data = read(int(min(_BLOCK, most - size)))
            if not data:
                break
            if self._team.failed.is_set():
                raise TransportError('another part failed')
            self._target.write(start + size, data)
            if self._summed:
                crc = zlib.crc32(data, crc)
            size += len(data)
            if watch is not None:
                watch(size)
        return crc, size

    def _in_ranges(self, response: Response) -> None:
        """Fetch the ranges. The first comes from the answer that is there:
        it told what the object is, and is closed after that."""
        verifier, response._verifier = response._verifier, None
        self._summed = bool(verifier and verifier.name)
        size = _extent(response)[1] or 0
        with self._team:
            for start, end in _spans(size, self._conn._part_size):
                self._team.add(functools.partial(
                    self._fetch, response, start, end, size))
            parts = self._team.results()
        if verifier and self._summed:
            verifier.compare(_combined_crc32(parts).to_bytes(4, 'big'))

    def _fetch(self, whole: Response, start: int, end: int,
               size: int) -> 'Tuple[int, int]':
        """Fetch a range, if the object is still the same."""
        request = _Request('GET', whole.bucket, whole.key,
                           self._request.query, self._request.headers,
                           stream=True)
        request.stop = self._team.failed
        rest = whole._payload if start == 0 else _Resumed(
            self._conn, request, whole.etag, start, end, size)
        try:
            return self._pour(rest.read, start, end - start)
        finally:
            rest.close()


class _ObjectReader(io.RawIOBase):
    """An object as a file to read, by ranges of one and the same version.

    A range is read ahead of what is asked for, a longer one each time that
    reading goes on where it ended.
    """

    def __init__(self, conn: 'Any', key: str, bucket: 'OptStr',
                 headers: 'Dict[str, str]') -> None:
        self._head = head = conn.head(key, bucket, headers)
        size = _extent(head)[1]
        if size is None:
            raise _told(TransportError('the answer does not say how long the '
                                       'object is'), 'HEAD', head.bucket, key)
        self._conn, self._headers, self._size = conn, headers, size
        self.name, self.mode = key, 'rb'
        self._position, self._start, self._data = 0, 0, memoryview(b'')
        self._ahead = _BLOCK

    def readable(self) -> bool:
        """True, as it can seek."""
        return True

    seekable = readable

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a position; nothing is fetched yet."""
        base = {0: 0, 1: self._position, 2: self._size}.get(whence, -1)
        if base < 0 or base + _checked(offset, int, 'offset') < 0:
            raise ValueError('a file has no place %r, from %r' % (
                offset, whence))
        self._position = base + offset
        return self._position

    def readinto(self, buffer: 'Any') -> int:
        """Read into a buffer; return how many bytes, 0 at the end."""
        if self.closed:
            raise ValueError('the file is closed')
        into = memoryview(buffer).cast('B')
        size = min(len(into), self._size - self._position)
        if size <= 0:
            return 0
        if not 0 <= self._position - self._start < len(self._data):
            self._fetch(size)
        begin = self._position - self._start
        data = self._data[begin:begin + size]
        into[:len(data)] = data
        self._position += len(data)
        return len(data)

    def readall(self) -> bytes:
        """Read the rest."""
        return _gather(self.read, self._size - self._position)

    def _fetch(self, size: int) -> None:
        """Fetch a range at the position, of `size` bytes and some ahead."""
        begin, most = self._position, self._conn._part_size
        goes_on = begin == self._start + len(self._data)
        self._ahead = min(2 * self._ahead, most) if goes_on else _BLOCK
        self._data = memoryview(b'')        # let go before the next comes
        end = min(begin + max(min(size, most), self._ahead), self._size)
        request = _Request('GET', self._head.bucket, self.name, None,
                           self._headers)
        answer = _more_of(self._conn, request, self._head.etag, begin, end,
                          self._size)
        self._start = _extent(answer)[0]
        self._data = memoryview(answer.content)


# The process, and a lock that is held until one of its uploads is given up.
_GIVING_UP: 'List[Tuple[int, threading.Lock]]' = []


@functools.lru_cache(maxsize=1)
def _writers() -> 'Any':
    """Return the set of files that are open to write. At exit our threads
    stand still, and PyPy finalizes nothing: those still open are given up
    then, after what was registered since the first was opened."""
    import atexit
    import weakref
    writers: 'Any' = weakref.WeakSet()

    def give_up() -> None:
        for writer in list(writers):
            writer._dealloc_warn(None)
        for pid, done in list(_GIVING_UP):
            if pid == os.getpid():
                done.acquire()

    atexit.register(give_up)
    return writers


def _give_up_apart(sending: '_Sending', error: BaseException) -> None:
    """Give an upload up in a thread of its own. Not a threading.Thread: of
    those before 3.10, to start one within threading.enumerate, as garbage
    is collected anywhere, waits for itself."""
    import _thread
    done = threading.Lock()
    done.acquire()
    under_way = os.getpid(), done
    _GIVING_UP.append(under_way)

    def run() -> None:
        try:
            sending.give_up(error)
        finally:
            _GIVING_UP.remove(under_way)
            done.release()

    _thread.start_new_thread(run, ())


class _ObjectWriter(io.BufferedIOBase):
    """An object as a file to write. It is stored when it is closed, unless
    an exception is on its way then; else nothing of it stays.

    What one part holds goes in one request; beyond that, parts are sent
    while writing goes on.
    """
    mode = 'wb'
    _lost: 'Optional[BaseException]' = None     # why nothing will be stored
    _forgotten = False                          # nobody closed it
    _fresh = False                              # being wrapped as text
    _pid = 0
    _filler: 'Any' = None

    def __init__(self, conn: 'Any', request: _Request) -> None:
        self._conn, self._request, self.name = conn, request, request.key
        self._sending = _Sending(conn, request, conn._algorithm())
        self._filler = _Filler(conn._sizes(None), conn._crew.spare)
        self._position, self._pid = 0, os.getpid()
        self._before, self._lock = sys.exc_info()[1], threading.RLock()
        _writers().add(self)

    def writable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """False. But TextIOWrapper must see that it is at the beginning,
        or UTF-16 and UTF-32 get no byte order mark."""
        return self._fresh

    def tell(self) -> int:
        """Return how many bytes were written."""
        return self._position

    def write(self, data: 'Any') -> int:
        """Take bytes; return how many: all. Raises what sending raised."""
        view = _view(data)
        if self._forgotten:
            return len(view)
        if self._pid != os.getpid():
            raise ValueError('the file was opened by the parent process: only '
                             'that can write to it')
        with self._lock:
            if self.closed:
                raise ValueError('the file is closed')
            if self._lost is None:
                self._do(self._take, view)
                if self.closed:
                    raise ValueError('the file was closed, by a signal say, '
                                     'while this was written')
                self._position += len(view)
            elif self._lost is not sys.exc_info()[1]:
                self._tell_again()      # else it would hide itself
        return len(view)

    def _do(self, step: 'Callable[..., object]', *args: object) -> None:
        """Go a step; if it fails, nothing of it all stays."""
        try:
            step(*args)
        except BaseException as error:
            self._give_up(error)
            raise

    def _take(self, view: memoryview) -> None:
        for body in self._filler.feed(view):
            self._sending.add_part(self._sending.carry, body)

    def _publish(self) -> None:
        body = self._filler.rest()
        if self._sending.number:
            self._sending.add_part(self._sending.carry, body)
            self._sending.finish()
        else:
            self._request.body = body
            self._conn._put(self._request)

    def _give_up(self, error: BaseException) -> None:
        """Let nothing of it stay; in a forked child it is the parent's."""
        self._lost, self._filler = error, None
        if self._pid == os.getpid():
            self._sending.give_up(error)

    def _tell_again(self) -> 'NoReturn':
        """Raise what went wrong before: a copy, for wrappers would make the
        same one its own context."""
        if isinstance(self._lost, S3Error):
            import copy
            raise copy.copy(self._lost) from self._lost
        raise ValueError('the object was given up') from self._lost

    def close(self) -> None:
        """Store the object. Raises what went wrong; then nothing is stored.

        A wrapper (TextIOWrapper, say) closes us too when its block ends by
        an exception: that shows in sys.exc_info() only.
        """
        if self._pid != os.getpid():
            self._end()
            return
        with self._lock:
            try:
                if not self.closed:
                    self._settle(sys.exc_info()[1])
            finally:
                self._end()

    def _settle(self, error: 'Optional[BaseException]') -> None:
        """Store the object, or say why not; an error may be on its way."""
        if self._lost is not None:
            if error is None and not self._forgotten:
                self._tell_again()
        elif error is None or error is self._before:
            self._do(self._publish)
        else:
            _logger().warning('s3://%s/%s is not stored, for it was closed '
                              'while %s was handled', self._request.bucket,
                              _one_line(self.name), type(error).__name__)
            self._give_up(error)

    def _end(self) -> None:
        _writers().discard(self)
        self._before = self._filler = None
        super().close()

    def __exit__(self, kind: 'Any', error: 'Any', traceback: 'Any') -> None:
        if kind is not None and self._lost is None and not self.closed:
            self._give_up(error)
        self.close()

    def _dealloc_warn(self, source: object) -> None:
        """Give up, since nobody closed it: not here but in a thread, for
        garbage is collected at any point. Wrappers call this too, before
        they close us."""
        if self._pid != os.getpid():
            self._forgotten = True      # what is buffered is the parent's
            return
        if self.closed or self._lost is not None:
            return
        self._lost = S3Error('the file was never closed')
        self._forgotten = True
        if self._sending.number and source is None:     # at exit
            self._sending.give_up(self._lost)
        elif self._sending.number:
            _give_up_apart(self._sending, self._lost)
        import warnings
        text = 's3://%s/%s was never closed: it is not stored' % (
            self._request.bucket, _one_line(self.name))
        if source is None:      # a close at exit may follow, too late
            _logger().warning(text)
        warnings.warn(text, ResourceWarning, stacklevel=2, source=self)

    def __del__(self) -> None:
        try:
            self._dealloc_warn(self)
        finally:
            if not self.closed:
                self._end()


class _TextWriter(io.TextIOWrapper):
    """Text over an _ObjectWriter, which learns how a `with` block ends."""

    def __exit__(self, kind: 'Any', error: 'Any', traceback: 'Any') -> None:
        writer: 'Any' = self.buffer
        if kind is not None:
            writer.__exit__(kind, error, traceback)
        self.close()


# ---------------------------------------------------------------------------
# Trees: what changed between a folder and a prefix, and safe local names.
# Knows the file system and entries of listings. Must not know: HTTP.
# ---------------------------------------------------------------------------

class Summary(collections.namedtuple(
        'Summary', 'transferred skipped deleted bytes failed')):
    """What a transfer of a folder did: counts of files, the bytes that were
    transferred, and a list of (name, error) of what failed. A namedtuple.

        summary = conn.upload_dir('site', 'www')
        print(summary.transferred, 'files,', summary.bytes, 'bytes')
        for name, error in summary.failed:
            print(name, error)
    """
    __slots__ = ()
    if TYPE_CHECKING:
        transferred: int
        skipped: int
        deleted: int
        bytes: int
        failed: List[Tuple[str, Exception]]


#: A file or an object: its path or key, its size (None for what is neither),
#: when it was modified (None where nobody says), its ETag (None of a file).
_Item = collections.namedtuple('_Item', 'place size time etag')
if TYPE_CHECKING:
    _Items = Iterator[Tuple[str, _Item]]        # by name


def _takes_no_notice_of_case() -> bool:
    """Say whether files whose names differ in case alone are one here."""
    return os.name == 'nt' or sys.platform == 'darwin'


def _fold(name: str) -> str:
    """Return what such names have in common, and those that differ in how
    letters are composed."""
    import unicodedata
    return unicodedata.normalize('NFC', unicodedata.normalize(
        'NFD', name).casefold())


def _order(name: str) -> bytes:
    """Return what S3's listings are sorted by."""
    return name.encode('utf-8', 'surrogateescape')


def _as_folder(prefix: str) -> str:
    """Return a prefix that names a folder with its slash."""
    return prefix + '/' * (prefix[-1:] not in ('', '/'))


def _batches(things: 'Iterable[T]') -> 'Iterator[List[T]]':
    """Yield lists of as many as one request deletes, or one lists."""
    rest = iter(things)
    return iter(lambda: [*itertools.islice(rest, _MAX_BATCH)], [])


def _ahead(things: 'Iterator[T]') -> 'Iterator[T]':
    """Yield what an iterator has, and draw it some way ahead of that."""
    waiting = collections.deque(itertools.islice(things, _MAX_BATCH))
    while waiting:
        waiting.extend(itertools.islice(things, 1))
        yield waiting.popleft()


def _local_item(path: str, follow: bool = False) -> _Item:
    found = os.stat(path, follow_symlinks=follow)
    return _Item(path, found.st_size if stat.S_ISREG(found.st_mode) else None,
                 found.st_mtime, None)


def _rules(include: 'Patterns', exclude: 'Patterns') -> 'Rules':
    rules = []
    for name, value in (('include', include), ('exclude', exclude)):
        listed = [value] if isinstance(value, str) else [*(value or ())]
        if listed and name == 'include':
            rules.append((False, '*'))
        rules += [(name == 'include', _checked(pattern, str, name))
                  for pattern in listed]
    return rules


def _chooser(rules: 'Rules') -> 'Callable[[str], bool]':
    """Return what chooses names: the last pattern of the shell that matches
    decides, in which * takes slashes too; without one, it is chosen."""
    import fnmatch
    tests = [(re.compile(fnmatch.translate(pattern)).match, chosen)
             for chosen, pattern in reversed(rules)]
    return lambda name: next(
        (chosen for match, chosen in tests if match(name)), True)


def _leave_out(rules: 'Rules', folder: str) -> bool:
    """Say whether rules leave out whatever a folder has, as .git/* does."""
    import fnmatch
    for chosen, pattern in reversed(rules):
        if chosen or pattern[-1:] == '*' and fnmatch.fnmatchcase(
                folder, pattern):
            return not chosen
    return False


def _walk_folder(root: str, rules: 'Rules',
                 fail: 'Callable[[str, Exception], None]') -> '_Items':
    """Yield the wanted files below a folder, in the order of S3's listings,
    and all links, which are not followed."""
    left, wants = [('', False)], _chooser(rules)
    while left:
        name, linked = left.pop()
        path = os.path.join(root, name)
        try:
            if name[-1:] in ('', '/'):
                if _leave_out(rules, name):
                    continue
                with os.scandir(path) as found:
                    left += sorted((
                        (name + entry.name + '/' * entry.is_dir(
                            follow_symlinks=False), entry.is_symlink())
                        for entry in found), key=lambda row: _order(row[0]),
                        reverse=True)
            elif linked or wants(name):
                yield name, _local_item(path)
        except OSError as error:
            fail(name, error)


def _has_etag(path: str, etag: str, sizes: 'Iterable[int]') -> bool:
    """Say whether an ETag is the MD5 of a file, or that of the MD5s of its
    parts; False where it is another thing, as some encryptions make it."""
    if not re.match(r'[0-9a-f]{32}(-\d+)?\Z', etag) or (
            _new_hash('md5') is None):
        return False
    with _Source(path) as source:
        digests = [body.digest('md5') for body in (
            source.parts(sizes) if '-' in etag else [source.whole(_MAX_PUT)])]
    return etag == (_whole_etag(digests) if '-' in etag else digests[0].hex())


def _list_below(conn: 'Any', bucket: str,
                prefix: str) -> 'Iterator[Tuple[str, Entry]]':
    """Yield the objects below a prefix by their names there. SeaweedFS takes
    a// for a/: what it lists then has other names, or none."""
    for entry in conn.list(prefix, bucket):
        if not entry['key'].startswith(prefix):
            raise _told(TransportError('the server lists %s as if it were '
                                       'there' % _one_line(entry['key'])),
                        'GET', bucket, prefix)
        yield entry['key'][len(prefix):], entry


def _delete_all(conn: 'Any', bucket: str, keys: 'Iterable[str]', dry: bool
                ) -> 'Iterator[Tuple[str, Optional[S3Error]]]':
    """Delete objects, some at a time; yield keys, and why they stayed."""
    for batch in _batches(keys):
        errors = {} if dry else conn._delete_batch(
            conn._bucket(bucket), _check_keys(batch))
        for key in batch:
            yield key, errors.get(key)


class _Tree(object):
    """The objects below a prefix, of `source`, on their way to another, on
    the server's side: `copy` takes both keys. Or what has a folder at one
    end, of the classes below.

    `options` are those of `upload_dir`, and more: `rules` to choose names
    by; `every` transfers what is the same too; `move` removes each source;
    `only` maps names to the paths or keys they are the new ones of, in place
    of all there is; `needed` are the headers to look at a source with;
    `told` hears what comes of each name: (what, name, size or error).
    """

    def __init__(self, conn: 'Any', options: 'Mapping[str, Any]',
                 bucket: str, prefix: str,
                 source: 'Optional[Tuple[str, str]]' = None,
                 copy: 'Any' = None) -> None:
        self._conn, self._bucket, self._copy = conn, bucket, copy
        self._prefix = _as_folder(prefix)
        self._home, base = source or (bucket, prefix)
        #: where objects are at the source, and at the target
        self._ends = (self._home, _as_folder(base)), (bucket, self._prefix)
        #: the most bytes of what goes beside others; a Ctrl-C waits for it
        self._limit = conn._part_size if copy is None else min(
            64 * conn._part_size, conn._copy_limit)
        self._delete, self._dry, self._checksum, self._every, self._move = (
            bool(options.get(name)) for name in (
                'delete', 'dry_run', 'checksum', 'every', 'move'))
        self._only: 'Optional[Mapping[str, str]]' = options.get('only')
        self._rules: 'Rules' = options.get('rules', ())
        self._wants = _chooser(self._rules)
        self._needed: 'Fields' = options.get('needed')
        self._told = options.get('told', lambda what, name, more: None)
        self._report = options['progress']
        self._watch = _Progress(
            self._tell if callable(self._report) else self._report)
        self._team, self._lock = _Team(conn._crew), threading.Lock()
        self._done = self._skipped = self._deleted = self._bytes = 0
        self._failed: 'List[Tuple[str, Exception]]' = []
        #: what the target alone has, as far as is known yet
        self._surplus: 'Dict[str, Optional[_Item]]' = {}
        #: whether all listings are in order (SeaweedFS's and JuiceFS's are
        #: not); the sides, 0 and 1, that may yet have a name out of order;
        #: the names that were new to the target while it might have them
        self._ordered = True
        self._late: 'Set[int]' = set()
        self._new: 'Set[str]' = set()
        self._links: 'Set[str]' = set()     # and the like, at the source

    def run(self) -> Summary:
        """Transfer what changed, then delete what is too much."""
        try:
            for name, source, target in _ahead(self._changes()):
                task = functools.partial(self._take, name, source, target)
                if source.size is not None and not self._dry and (
                        source.size <= self._limit):
                    self._team.add(functools.partial(task, True), keep=False)
                else:       # uses the threads itself
                    task(False)
            self._team.results()
            for name, error in self._deletions() if (
                    self._delete and not self._failed) else ():
                if error is None:
                    self._deleted += 1
                    self._told('deleted', name, None)
                else:
                    self._fail(name, error, 'kept')
        except BaseException as error:
            before = self._conn._halted
            if not isinstance(error, Exception):
                self._conn._halted = True       # copies know no team
            try:
                self._team.give_up(error)
            finally:        # there may be another Ctrl-C
                self._conn._halted = before
            if isinstance(error, Exception):
                self._team.results()    # raises what came first, if that
            raise                       # was in a job
        return Summary(self._done, self._skipped, self._deleted, self._bytes,
                       self._failed)

    def _tell(self, news: int) -> None:
        """Report progress; where a job ended it all, end this as well."""
        if self._team.failed.is_set():
            raise _hopeless(TransportError('another file failed'))
        self._report(news)

    def _fail(self, name: str, error: Exception,
              what: str = 'failed') -> None:
        self._failed.append((name, error))
        self._told(what, name, error)

    def _joined(self, *sides: '_Items') -> 'Iterator[Tuple[str, List[Any]]]':
        """Yield names, with what each side has: in order, and in the memory
        of a few pages. Once a listing proves not to be in order, all that is
        left is read first: a name may come again then, with what came late.
        """
        import heapq
        rows: 'collections.OrderedDict[str, List[Any]]'
        rows = collections.OrderedDict()
        for at, (name, item) in heapq.merge(*[
                _ahead(zip(itertools.repeat(at), side))
                for at, side in enumerate(sides)],
                key=lambda row: _order(row[1][0])):
            rows.setdefault(name, [None, None])[at] = item
            if self._ordered and len(rows) > _MAX_BATCH:
                yield rows.popitem(last=False)
        yield from sorted(rows.items(), key=lambda row: _order(row[0]))

    def _changes(self) -> 'Iterator[Tuple[str, _Item, Optional[_Item]]]':
        """Yield what may have changed, with what is at the target; note what
        is there alone."""
        sources = (self._sources() if self._only is None
                   else self._singles(self._only))
        for name, (source, target) in (
                ((name, [item, None]) for name, item in sources)
                if self._every else self._joined(sources, self._targets())):
            if source is None and name in self._new:
                continue        # it came late, and was replaced since
            if target is None:
                target = self._surplus.pop(name, None)
                if self._delete and 1 in self._late:
                    self._new.add(name)
            either: 'Any' = source or target
            if self._only is None and either.size is None:
                # It keeps its name, and those below: none is deleted.
                self._links.update([name] if source else [])
                if self._wants(name):
                    _logger().warning('%s is passed over: it is a link, or '
                                      'no file', _one_line(name))
            elif source is None:
                if (self._delete or 0 in self._late) and (
                        self._links.isdisjoint(
                            name[:slash.start()]
                            for slash in re.finditer('/', name))):
                    self._surplus[name] = target if 0 in self._late else None
            elif target is not None and source.size == target.size and (
                    not self._checksum and None not in (
                        source.time, target.time)
                    and source.time <= target.time):
                with self._lock:        # it is not newer
                    self._skipped += 1
            else:
                self._told('found', name, source.size or 0)
                yield name, source, target
        self._told('all', '', None)

    def _has_same_bytes(self, source: _Item,
                        target: 'Optional[_Item]') -> bool:
        if target is None or source.size != target.size:
            return False
        local, remote = (source, target) if source.etag is None else (
            target, source)
        if local.etag is None:
            return _has_etag(local.place, remote.etag,
                             self._conn._sizes(local.size))
        return bool(local.etag) and local.etag == remote.etag

    def _take(self, name: str, source: _Item, target: 'Optional[_Item]',
              small: bool) -> None:
        """Transfer a file, if it changed; note what came of it."""
        try:
            same, size = self._has_same_bytes(source, target), 0
            if not same:
                goal, size = self._goal(name), source.size or 0
                if not self._dry:
                    size = self._transfer(goal, source, small)
                    if self._move:
                        self._drop(source)
        except (S3Error, OSError, ValueError) as error:
            if self._watch.broken or self._team.failed.is_set() or (
                    isinstance(error, CredentialsError)):
                raise
            self._fail(name, error)
            return
        with self._lock:
            self._skipped += same
            self._done += not same
            self._bytes += size
        self._told('skipped' if same else 'done', name, source.size or 0)

    def _is_of_the_other(self, side: int, key: str) -> bool:
        """Say whether a key below the prefix of one side is of the other,
        whose prefix is longer."""
        (here, outer), (there, inner) = self._ends[side], self._ends[1 - side]
        return here == there and len(inner) > len(outer) and (
            key.startswith(inner))

    def _listed(self, side: int) -> '_Items':
        """Yield the objects of a side, but none of the other among them, nor
        the empty ones that stand for a folder."""
        last = b''
        self._late.add(side)
        for name, entry in _list_below(self._conn, *self._ends[side]):
            key, time = entry['key'], entry['last_modified']
            self._ordered &= _order(key) >= last
            last = _order(key)
            if (entry['size'] or not key.endswith('/')) and self._wants(
                    name) and not self._is_of_the_other(side, key):
                yield name, _Item(
                    key, entry['size'], time and time.timestamp(),
                    entry['etag'])
        if self._ordered:
            self._late.remove(side)

    def _singles(self, only: 'Mapping[str, str]') -> '_Items':
        for name, place in only.items():
            try:
                yield name, self._look_up(place)
            except CredentialsError:
                raise
            except (S3Error, OSError) as error:
                self._fail(name, error)

    # What differs between the ways; here it is from object to object.

    def _sources(self) -> '_Items':
        return self._listed(0)

    def _targets(self) -> '_Items':
        return self._listed(1)

    def _look_up(self, place: str) -> _Item:
        found = self._conn.head(place, self._home, self._needed)
        return _Item(place, _extent(found)[1] or 0, _parse_http_date(
            found.headers.get('last-modified', '')), found.etag or '')

    def _goal(self, name: str) -> 'Any':
        """Return a key, but none of a source, of which nothing was left."""
        goal = self._prefix + name
        if self._is_of_the_other(1, goal):
            raise ValueError('it would take the place of another source')
        return goal

    def _transfer(self, goal: 'Any', source: _Item, small: bool) -> int:
        self._copy(source.place, goal)
        reach = self._watch.track()
        if reach is not None and source.size:
            reach(source.size)
        return int(source.size or 0)

    def _drop(self, source: _Item) -> None:
        # Not all servers tell the ETag in a listing.
        if source.etag and self._look_up(source.place).etag != source.etag:
            raise IntegrityError('it changed while it was moved, so it is '
                                 'kept')
        self._conn.delete(source.place, self._home)

    def _deletions(self) -> 'Iterator[Tuple[str, Optional[Exception]]]':
        for key, error in _delete_all(
                self._conn, self._bucket,
                (self._prefix + name for name in self._surplus), self._dry):
            yield key[len(self._prefix):], error


class _TreeUp(_Tree):
    """A folder on its way to a prefix, each file with the same options of
    `upload`."""

    def __init__(self, conn: 'Any', options: 'Mapping[str, Any]',
                 bucket: str, prefix: str, root: 'Any',
                 *given: 'Any') -> None:
        super().__init__(conn, options, bucket, prefix)
        self._root, self._given = os.fsdecode(root), given
        self._goal('a')     # refuses options that make no sense
        if self._only is None and not os.path.isdir(self._root):
            raise NotADirectoryError(
                errno.ENOTDIR, 'is no folder', self._root)

    def _sources(self) -> '_Items':
        return _walk_folder(self._root, self._rules, self._fail)

    def _look_up(self, place: str) -> _Item:
        return _local_item(place, True)

    def _goal(self, name: str) -> 'Any':
        return self._conn._new_object(
            self._prefix + name, self._bucket, *self._given)

    def _transfer(self, goal: _Request, source: _Item, small: bool) -> int:
        """Upload a file, in one piece if it was small."""
        goal.stop = self._team.failed
        with _Source(source.place) as opened:
            self._conn._store(goal, opened, self._watch, small)
            return opened.taken

    def _drop(self, source: _Item) -> None:
        if source.size is None or source != _local_item(source.place, True):
            raise IntegrityError('it changed while it was moved, or is no '
                                 'file, so it is kept')
        os.unlink(source.place)


class _TreeDown(_Tree):
    """The objects of a prefix on their way to a folder."""

    def __init__(self, conn: 'Any', options: 'Mapping[str, Any]',
                 bucket: str, prefix: str, root: 'Any') -> None:
        super().__init__(conn, options, bucket, prefix)
        self._root = os.fsdecode(root)
        if os.path.exists(self._root) and not os.path.isdir(self._root):
            raise NotADirectoryError(
                errno.ENOTDIR, 'is no folder', self._root)
        if not self._dry and self._only is None:
            os.makedirs(self._root, exist_ok=True)
        self._real = os.path.realpath(self._root)
        #: of a system that takes no notice of case, the names of objects
        self._folded: 'Optional[Dict[str, str]]' = (
            {} if _takes_no_notice_of_case() else None)

    def _sources(self) -> '_Items':
        for name, item in super()._sources():
            if self._folded is not None and (
                    self._folded.setdefault(_fold(name), name) != name):
                self._fail(name, ValueError(
                    'another name differs in case alone'))
            else:
                # Listings tell fractions that Last-Modified lacks.
                yield name, item._replace(time=item.time and int(item.time))

    def _targets(self) -> '_Items':
        if self._dry and not os.path.exists(self._root):
            return iter(())     # it would have been made
        return _walk_folder(self._root, self._rules, self._fail)

    def _goal(self, name: str) -> str:
        if self._only is not None:
            return os.path.join(self._root, name)
        path = os.path.join(self._real, _local_name(name))
        folder = os.path.dirname(path)
        if os.path.islink(path) or os.path.normcase(
                os.path.realpath(folder)) != os.path.normcase(folder):
            raise ValueError('a link leads out of the folder')
        return path

    def _transfer(self, goal: str, source: _Item, small: bool) -> int:
        os.makedirs(os.path.dirname(goal) or '.', exist_ok=True)
        response = _Download(
            self._conn, self._conn._asked(source.place, self._bucket, None,
                                          None),
            _NewFile(goal) if self._only is None else _make_target(goal),
            self._watch, self._team if small else None).run()
        return _extent(response)[1] or 0

    def _deletions(self) -> 'Iterator[Tuple[str, Optional[Exception]]]':
        for name in self._surplus:
            if self._folded and _fold(name) in self._folded:
                continue        # it is the file of that object
            failure = None
            try:
                if not self._dry:
                    os.unlink(os.path.join(self._root, *name.split('/')))
            except OSError as error:
                failure = error
            yield name, failure


# ---------------------------------------------------------------------------
# Connection: the operations, in the order of S3's manual.
# Knows what each operation sends and makes of the answer. Must not start
# threads. A new one makes a _Request (by `_about`, if it is about an object),
# names the root of the XML that answers it as `xml=`, and hands it to `_send`;
# in Pool it gets one line.
# ---------------------------------------------------------------------------

# How the headers begin that a copy takes over, or all replaces; and those
# that S3 does not copy unasked ("CopyObject" in S3's API reference), and so
# would be lost when an object is copied onto itself.
_REPLACED = (*_OBJECT_HEADERS, 'x-amz-meta-')
_LOCK = 'x-amz-object-lock-'
_OWNED = ('x-amz-storage-class', 'x-amz-website-redirect-location',
          _ENCRYPTION, _LOCK)
_STORJ_PART = 64 * 1024 ** 2    # bytes, the least there
_COPY_PART = 256 * 1024 ** 2    # bytes copied by one request
_TOO_LARGE = frozenset(('InvalidRequest', 'EntityTooLarge'))  # for CopyObject
_NO_ACL = frozenset(('AccessControlListNotSupported', 'NotImplemented',
                     'MethodNotAllowed'))
_GRANTEES = {'ID': 'id', 'URI': 'uri', 'EmailAddress': 'emailAddress'}

_EXPIRED = frozenset(('ExpiredToken', 'ExpiredTokenException', 'InvalidToken',
                      'TokenRefreshRequired'))
# The fields of the query that a listing goes on with, and the elements of the
# page before that hold their values.
_NEXT = {'continuation-token': 'NextContinuationToken',
         'key-marker': 'NextKeyMarker',
         'version-id-marker': 'NextVersionIdMarker',
         'upload-id-marker': 'NextUploadIdMarker',
         'part-number-marker': 'NextPartNumberMarker'}


def _checked_retry(retry: 'Union[Retry, int, None]') -> Retry:
    """Make a Retry of a number of attempts; None asks AWS's variable."""
    if retry is None:
        text = _env('AWS_MAX_ATTEMPTS')
        retry = int(text) if re.match(r'[1-9]\d{0,3}\Z', text) else 5
    return retry if isinstance(retry, Retry) else Retry(retry)


def _checked_timeout(
        timeout: 'Any') -> 'Tuple[Optional[float], Optional[float]]':
    """Make (connect, read) of a timeout; None waits for ever."""
    pair = timeout if isinstance(timeout, (tuple, list)) else (timeout,) * 2
    if len(pair) != 2 or not all(seconds is None or 0 < _checked(
            seconds, (float, int), 'timeout') < 1e6 for seconds in pair):
        raise ValueError('timeout must be seconds over 0, or (connect, read), '
                         'not %r' % (timeout,))
    return pair[0], pair[1]


def _resendable(name: str, value: str) -> str:
    """Return a received header as ASCII: S3 writes metadata that is not as
    RFC 2047 words, some servers as bare UTF-8."""
    if all(character <= '~' for character in value):
        return value
    if not name.startswith('x-amz-meta-'):
        return _ascii_header(name, _decode_header(value))
    import email.header
    return email.header.Header(
        _decode_header(value), 'utf-8', maxlinelen=10 ** 6).encode()


def _merged(head: Response, kept: 'Tuple[str, ...]',
            changes: 'Mapping[str, OptStr]',
            extra: 'Mapping[str, str]') -> 'Dict[str, str]':
    """Return the headers of an object, with changes; None removes."""
    if extra.get('x-amz-metadata-directive', '').upper() == 'REPLACE':
        kept = ()       # as in a copy of one request, where S3 does it
    recoded = _ENCRYPTION in changes or _ENCRYPTION in extra
    merged: 'Dict[str, OptStr]' = {
        name: _resendable(name, value) for name, value in head.headers.items()
        # The key may be of another kind of encryption.
        if name.startswith(kept)
        and not (recoded and name.startswith(_ENCRYPTION))}
    until = _parse_iso_date(head.headers.get(_LOCK + 'retain-until-date', ''))
    now = _parse_http_date(head.headers.get('date', ''))
    if until and now and until.timestamp() <= now:      # it would be refused
        for name in 'mode', 'retain-until-date':
            merged.pop(_LOCK + name, None)
    merged['x-amz-metadata-directive'] = 'REPLACE'
    if head.etag:
        merged['x-amz-copy-source-if-match'] = _quoted_etag(head.etag)
    merged.update(changes)
    return {name: value for name, value in merged.items() if value is not None}


def _grant_headers(policy: _Element) -> 'Dict[str, OptStr]':
    """Write an access control list as x-amz-grant-* headers; none where
    only the owner has a grant, as on a new object."""
    grants: 'Dict[str, List[str]]' = {}
    for grant in policy.find('AccessControlList').all('Grant'):
        permission = grant.text('Permission').lower().replace('_', '-')
        for kind, who in grant.find('Grantee').fields().items():
            if kind in _GRANTEES and who:
                grants.setdefault('x-amz-grant-' + permission, []).append(
                    '%s="%s"' % (_GRANTEES[kind], who))
    owner = 'id="%s"' % policy.text('Owner', 'ID')
    if {owner}.issuperset(itertools.chain(*grants.values())):
        return {}
    return {name: ', '.join(grantees) for name, grantees in grants.items()}


def _entries(page: _Element) -> 'List[Entry]':
    """Make the dicts of a page: objects or versions, then prefixes."""
    decode = _decoder(page)
    found = page.all('Contents', 'Version', 'DeleteMarker')
    rows = page.rows or [
        (fields['Key'], fields.get('LastModified', ''),
         _bare_etag(fields.get('ETag', '')), fields.get('Size', 0),
         fields.get('StorageClass'))
        for fields in map(_Element.fields, found)]
    entries: 'List[Entry]' = [{
        'key': decode(key), 'etag': etag, 'size': int(size),
        'last_modified': _parse_iso_date(modified), 'storage_class': storage}
        for key, modified, etag, size, storage in rows]
    for entry, element in zip(entries, found):
        fields, gone = element.fields(), element.tag == 'DeleteMarker'
        if element.tag != 'Contents':
            latest = fields.get('IsLatest', '').lower() == 'true'
            entry.update(version_id=fields['VersionId'], is_latest=latest,
                         is_delete_marker=gone)
        if gone:
            entry['etag'] = entry['size'] = None
    blank = dict.fromkeys(('etag', 'size', 'last_modified', 'storage_class'))
    return entries + [dict({'key': decode(prefix.text('Prefix'))}, **blank)
                      for prefix in page.all('CommonPrefixes')]


def _next_page(page: _Element) -> 'Dict[str, str]':
    """Return the query that a cut listing goes on with; in version 1 one of
    objects, without a delimiter, goes on after its last key."""
    found, decode = page.fields(), _decoder(page)
    going_on = {field: found[name] for field, name in _NEXT.items()
                if found.get(name)}
    if 'key-marker' in going_on:        # only keys are encoded
        going_on['key-marker'] = decode(going_on['key-marker'])
    marker = decode(found.get('NextMarker', ''))
    if not marker and 'Marker' in found:
        keys = [row[0] for row in page.rows] + [
            each.text('Key') or each.text('Prefix')
            for each in page.all('Contents', 'CommonPrefixes')]
        marker = max(map(decode, keys), default='')
    return going_on or {'marker': marker}


def _refused_keys(response: Response,
                  keys: 'List[str]') -> 'Dict[str, ResponseError]':
    """Return the errors that the answer to a DeleteObjects tells of; of one
    that names none of the keys, all are meant."""
    refused: 'Dict[str, ResponseError]' = {}
    errors = response._xml.all('Error')
    said: 'Dict[str, List[str]]' = {}       # as XML has line ends
    for key in keys if errors else ():
        said.setdefault(re.sub('\r\n?', '\n', key), []).append(key)
    for found in errors:
        named = said.get(re.sub('\r\n?', '\n', found.text('Key')))
        refused.update(dict.fromkeys(named or keys, _make_error(
            response, 'DELETE', named[0] if named else None, found)))
    return refused


def _is_written(request: _Request, found: Response) -> bool:
    return _extent(found)[1] == request.body.size and (
        found.etag == request.body.digest('md5').hex() or any(
            name.startswith('x-amz-checksum-')
            and found.headers.get(name) == value
            for name, value in request.headers.items()))


def _is_copied(head: 'Optional[Response]', request: _Request,
               found: Response) -> bool:
    """Say whether an object is the copy of one with this head: of its size,
    with the metadata it was to get, and new if its ETag is another."""
    if head is None:
        return False
    asked = _parse_http_date(head.headers.get('date', ''))
    made = _parse_http_date(found.headers.get('last-modified', ''))
    given = {name: value for name, value in request.headers.items()
             if name.startswith(_REPLACED)}
    return (_extent(found)[1] == _extent(head)[1]
            and given.items() <= found.headers.items()
            and (found.etag == head.etag or found.url == head.url
                 or asked is not None and asked < (made or 0)))


def _old_query(query: 'Mapping[str, str]') -> 'Dict[str, str]':
    """Write the query of a listing of objects as version 1 has it."""
    old = {name: value for name, value in query.items()
           if name not in ('list-type', 'start-after')}
    old['marker'] = query.get('marker') or query.get('start-after', '')
    return old


class Connection(object):
    """A connection to S3, or to a service like it; for any thread.

    Keys are found as the AWS command line finds them where none are given
    (in `profile`, if that is), or come from `credentials`, a callable that
    returns Credentials and is called again before they expire; `anonymous`
    requests are unsigned. `default_bucket` (or `default`) serves the calls
    that name no bucket.

    `endpoint` is `host`, `host:port` or `http(s)://host[:port][/base]`; a
    scheme wins over `tls`. `region` is found from the host, the environment
    or the profile, else us-east-1. `addressing` puts buckets into the host
    ('virtual') or the path ('path'); 'auto' does the former on AWS.
    `timeout` is seconds, or (connect, read), of silence; `retry` a Retry or
    a number of attempts, else AWS_MAX_ATTEMPTS or 5. `integrity` is 'sha256'
    (signed), 'crc32' (over TLS: unsigned, with a checksum that is stored) or
    'auto': crc32 for AWS over TLS. What has more than `part_size` bytes is
    sent in parts, `part_threads` at once: the budget of all transfers
    together. `headers` go with every request; `ca_bundle` is a file, or an
    OpenSSL folder, of certificates to trust. `proxy` is
    http://[user:password@]host:port, or False for none; else HTTPS_PROXY,
    HTTP_PROXY, ALL_PROXY and NO_PROXY decide.

    ValueError or TypeError for what makes no sense, half a pair of keys
    among it. It pickles, survives a fork, and is a context manager.

    Of every operation: a key is taken as it is written. The bucket may be
    left to `default_bucket`; ValueError if there is none. `headers` are
    sent as given, and win; those that tinys3 writes itself are a ValueError.
    `version_id` names an old version. A Response comes back unless another
    type is named. S3Error, by its children, if the service or the network
    fails; a request that may work later was then tried again already.

        conn = tinys3.Connection(ACCESS, SECRET, default_bucket='photos')
    """

    _list_v1 = False        # the server knows no other listings
    _plain = False          # nor checksums
    _halted = False         # nothing is tried again
    _skew = 0.0             # seconds that its clock is ahead of ours
    _copy_limit = _MAX_PUT  # bytes that one CopyObject takes

    def __init__(self, access_key: 'OptStr' = None,
                 secret_key: 'OptStr' = None, default_bucket: 'OptStr' = None,
                 tls: bool = True, endpoint: 'OptStr' = None, *,
                 session_token: 'OptStr' = None, region: 'OptStr' = None,
                 profile: 'OptStr' = None, credentials: 'Provider' = None,
                 anonymous: bool = False, addressing: str = 'auto',
                 timeout: 'Any' = (5, 60),
                 retry: 'Union[Retry, int, None]' = None,
                 part_size: int = 8 * 1024 * 1024, part_threads: int = 4,
                 integrity: str = 'auto', headers: 'Fields' = None,
                 ca_bundle: 'OptStr' = None, proxy: 'Proxy' = None,
                 default: 'OptStr' = None) -> None:
        endpoint, region = endpoint or None, region or None
        self._arguments = dict(locals(), headers=dict(headers or {}))
        del self._arguments['self']
        if None not in (default_bucket, default):
            raise ValueError('default_bucket and default are the same option')
        self.default_bucket = default_bucket or default
        if self.default_bucket is not None:
            _check_bucket(self.default_bucket)
        self._clock = time.time
        self._sleep = time.sleep
        self._profile = _Profile(profile)
        self._transport = _Transport(
            _checked_timeout(timeout), ca_bundle, proxy,
            functools.partial(self._profile.get, 'ca_bundle'))
        self._keys = self._choose_keys(
            access_key, secret_key, session_token, credentials, anonymous)
        self._integrity = integrity
        chosen = self._make_endpoint(endpoint)
        self._found_endpoint = None if endpoint is None else chosen
        self._found_region = _checked_region(region)
        self._retry = _checked_retry(retry)
        self._budget = _Budget()
        self._headers = _checked_headers(headers)
        self._part_size = _checked_count(
            part_size, 'part_size', _MIN_PART, _MAX_PUT)
        self._crew = _Crew(_checked_count(
            part_threads, 'part_threads', 1, 1000))
        self._warned: 'Dict[str, object]' = {}
        self._regions: 'Dict[OptStr, str]' = {}     # of buckets elsewhere
        #: where endpoint and region come from
        self._origins = {'endpoint': 'the argument', 'region': 'the argument'}

    def _choose_keys(self, access_key: 'OptStr', secret_key: 'OptStr',
                     session_token: 'OptStr', credentials: 'Provider',
                     anonymous: bool) -> 'Optional[_Keys]':
        """Decide where the keys come from; None signs nothing."""
        if bool(access_key) != bool(secret_key):
            raise ValueError('access_key and secret_key go together: pass '
                             'both or neither')
        if bool(access_key) + (credentials is not None) + anonymous > 1:
            raise ValueError('access_key, credentials= and anonymous=True '
                             'exclude each other')
        if access_key and secret_key:
            return _Keys(None, Credentials(
                access_key, secret_key, session_token))
        if session_token:
            raise ValueError('session_token goes with access_key and '
                             'secret_key')
        if anonymous:
            return None
        if credentials is None:
            return _Keys(_Chain(self._arguments, self._transport))
        provide = credentials
        if not callable(provide):
            raise TypeError('credentials must be callable')
        return _Keys(lambda now: provide())

    def _make_endpoint(self, endpoint: 'OptStr') -> _Endpoint:
        """Make an endpoint of the arguments; it must suit `integrity`."""
        addressing = self._arguments['addressing']
        if addressing == 'auto' and endpoint != self._arguments['endpoint']:
            addressing = _nested(self._profile.get(
                's3'), 'addressing_style') or 'auto'
        made = _Endpoint(endpoint, self._arguments['tls'], addressing)
        if self._integrity not in ('auto', 'sha256', 'crc32'):
            raise ValueError("integrity must be 'auto', 'sha256' or 'crc32', "
                             'not %r' % (self._integrity,))
        if self._integrity == 'crc32' and made.scheme != 'https':
            raise ValueError("integrity='crc32' signs no body: it needs TLS")
        return made

    def __repr__(self) -> str:
        return '<tinys3.Connection %s region=%s bucket=%s>' % (
            self._found_endpoint or 'endpoint not looked up yet',
            self._found_region or 'not looked up yet', self.default_bucket)

    def __getstate__(self) -> 'Dict[str, Any]':
        return self._arguments

    def __setstate__(self, arguments: 'Dict[str, Any]') -> None:
        Connection.__init__(self, **arguments)

    def __enter__(self) -> 'Connection':
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the idle sockets. The Connection can still be used."""
        self._transport.close()

    # Objects

    def upload(self, key: str, local_file: 'Any', bucket: 'OptStr' = None,
               expires: 'Expires' = None, content_type: 'OptStr' = None,
               public: 'Optional[bool]' = None, headers: 'Fields' = None,
               rewind: bool = True, close: bool = False, *,
               metadata: 'Fields' = None,
               progress: 'Progress' = None) -> Response:
        """Store a path, bytes, a binary file or a stream under a key.

        `expires` becomes Cache-Control: seconds, a timedelta, or 'max', a
        year. `public` lets everybody read. `headers` are sent as they are
        and win; `metadata` names S3's object headers, all else becomes
        x-amz-meta-NAME. `rewind` starts a file at its beginning, `close`
        closes it in any case. `progress` is called with the bytes since the
        last call. A Content-Type is guessed from the key. What has more
        than one part is sent in parts, several at once, and nothing is
        stored unless all arrive. IntegrityError if a file changes meanwhile.

            conn.upload('site/index.html', 'index.html', expires=3600)
        """
        try:
            request = self._new_object(key, bucket, expires, content_type,
                                       public, headers, metadata)
            watch = _Progress(progress)
            source = _Source(local_file, rewind)
            try:    # not `with`, which takes longer
                return self._store(request, source, watch)
            finally:
                source.close()
        finally:
            if close and hasattr(local_file, 'close'):
                local_file.close()

    def _store(self, request: _Request, source: _Source, watch: _Progress,
               whole: bool = False) -> Response:
        parts: 'Iterator[_Body]' = iter(())
        if whole or source.size is not None and (
                source.size <= self._part_size):
            request.body = source.whole(_MAX_PUT)
        else:
            parts = source.parts(self._sizes(source.size), self._crew.spare)
            request.body = next(parts)
        if request.body.last:
            request.body.watch = watch.track()
            return self._put(request)
        first, request.body = [request.body], _Body()
        track = watch.tracks()
        try:
            return _send_parts(self, request, itertools.chain(
                (first.pop() for _ in range(1)), parts), track)
        except PreconditionFailed as error:
            # Of two that write at once, S3 lets one send all parts again.
            if (error.code != 'ConditionalRequestConflict'
                    or source.size is None):
                raise
        return _send_parts(self, request, source.parts(self._sizes(
            source.size)), track)

    def _sizes(self, size: 'Optional[int]') -> 'Iterator[int]':
        """Yield the sizes of the parts of an upload; None is a stream."""
        endpoint = self._endpoint()
        least = _STORJ_PART if endpoint.large_parts else 0
        return _part_sizes(
            size, max(self._part_size, least), endpoint.equal_parts,
            1000 if endpoint.few_parts else _MAX_PARTS)

    def _put(self, request: _Request) -> Response:
        """Send an object in one PUT, with the checksum that is due."""
        body, algorithm = request.body, self._algorithm()
        if algorithm:
            request.add_checksum(algorithm)
        response = self._send_or_find(request, _is_written)
        if not _bare_etag(response._header('etag') or ''):
            raise request.told(TransportError(
                'the answer has no ETag, so it is not of S3'))
        if body.watch is not None:
            body.watch(body.size)
        return response

    def _send_or_find(self, request: _Request,
                      is_mine: 'Callable[[_Request, Response], bool]'
                      ) -> Response:
        """Send a request that succeeds once only. That answer may be lost,
        and the next one be a refusal: then return the object, if it is what
        the request made."""
        try:
            return self._send(request)
        except ResponseError as error:
            found = self._stored(request) if request.repeated(error) else None
            if found is None or not is_mine(request, found):
                raise
            return found

    def _stored(self, request: _Request) -> 'Optional[Response]':
        """Ask for the headers of what a request has stored, if it has."""
        headers = _needed(request.headers)
        if self._endpoint().is_aws:
            headers['x-amz-checksum-mode'] = 'ENABLED'
        try:
            return self._send(_Request(
                'HEAD', request.bucket, request.key, headers=headers))
        except S3Error:
            return None

    def _algorithm(self) -> str:
        """Name the checksum that goes with what is stored: on AWS always
        one, for a bucket with Object Lock demands it."""
        endpoint = self._endpoint()
        if self._plain:
            return ''
        if self._integrity == 'crc32' or (
                self._integrity == 'auto' and endpoint.is_aws
                and endpoint.scheme == 'https'):
            return 'crc32'
        return 'sha256' if endpoint.is_aws else ''

    def get(self, key: str, bucket: 'OptStr' = None, headers: 'Fields' = None,
            *, version_id: 'OptStr' = None,
            byte_range: 'Optional[Range]' = None,
            stream: bool = False) -> Response:
        """Fetch an object, or its bytes from first to last, both included.

        Last may be None: up to the end. With `stream` the body is read from
        the Response, which then has to be closed; where it breaks off it is
        resumed. Conditions are headers (If-None-Match: an answer 304 is a
        Response). NotFound if there is none, ResponseError (416) if it is
        shorter than first, IntegrityError if its checksum does not match,
        if other bytes come than were asked for, or if it changes while it
        is read.

            first = conn.get('big.log', byte_range=(0, 99)).content
        """
        request = self._asked(key, bucket, headers, version_id)
        if byte_range is not None:
            request.headers['range'] = _range(byte_range)
            request.headers.pop('x-amz-checksum-mode', None)
        try:
            response = _streamed(self, request) if stream else (
                self._send(request))
        except ResponseError as error:
            empty = error.response
            if error.status_code != 416 or empty is None or (
                    byte_range is None or byte_range[0] != 0):
                raise
            empty.status_code, empty.reason = 200, 'OK'
            empty._keep(b'')        # all of an empty object
            return empty
        if byte_range is not None:
            _check_range(response, byte_range)
        return response

    def _asked(self, key: str, bucket: 'OptStr', headers: 'Fields',
               version_id: 'OptStr') -> _Request:
        """Make a GET, which asks for the checksum of a whole object."""
        request = self._about('GET', key, bucket, headers, version_id)
        if 'range' not in request.headers and self._endpoint().is_aws:
            request.headers.setdefault('x-amz-checksum-mode', 'ENABLED')
            request.optional = ('x-amz-checksum-mode',)
        return request

    def download(self, key: str, local_file: 'Any', bucket: 'OptStr' = None,
                 headers: 'Fields' = None, *, version_id: 'OptStr' = None,
                 progress: 'Progress' = None) -> Response:
        """Bring an object to a path, or into a binary file.

        A path gets it whole or not at all: it is written to a temporary
        file in the same folder, which then takes the place of the old one,
        with the object's time of modification; OSError if that cannot be.
        A file that is open is written from where it is. What has more than
        one part comes in several ranges at once, all of one and the same
        object, resumed where they break off; into what only takes bytes in
        order (a pipe, a socket) it comes in one stream. `progress` is called
        with the bytes since the last call. Returns the answer without its
        content. NotFound if there is none, IntegrityError if its checksum
        does not match, or if it changes meanwhile.

            conn.download('2013/cat.jpg', 'cat.jpg')
        """
        request = self._asked(key, bucket, headers, version_id)
        return _Download(self, request, _make_target(local_file),
                         _Progress(progress)).run()

    def open(self, key: str, mode: str = 'rb', bucket: 'OptStr' = None,
             headers: 'Fields' = None, *, encoding: 'OptStr' = None,
             expires: 'Expires' = None, content_type: 'OptStr' = None,
             public: 'Optional[bool]' = None,
             metadata: 'Fields' = None) -> 'IO[Any]':
        """Open an object as a file: 'rb', 'wb', or as text 'r', 'w'.

        One to read can seek, and fetches ranges as they are needed, all of
        the object that was there when it was opened: IntegrityError once it
        changed. One to write is stored when it is closed: not if a `with`
        block ends by an exception, nor if it is never closed, which is a
        ResourceWarning. Text is UTF-8 unless `encoding` says otherwise; its
        line ends are written as they are. The other options are those of
        `upload`. NotFound if there is nothing to read, ValueError for
        another mode.

            with conn.open('table.csv', 'w') as file:
                csv.writer(file).writerows(rows)
        """
        kind = ''.join(sorted(_checked(mode, str, 'mode')))
        if kind not in ('r', 'br', 'rt', 'w', 'bw', 'tw'):
            raise ValueError("mode must be 'rb', 'r', 'wb' or 'w', not %r"
                             % mode)
        if 'b' in kind and encoding is not None:
            raise ValueError('encoding is for text: leave the b out of mode')
        encoding = encoding or 'utf-8'
        ''.encode(encoding)         # LookupError if it is none
        if 'w' in kind:
            writer: 'Any' = _ObjectWriter(self, self._new_object(
                key, bucket, expires, content_type, public, headers,
                metadata))
            if 'b' in kind:
                return writer  # type: ignore[no-any-return]
            writer._fresh = True
            text = _TextWriter(writer, encoding, newline='')
            writer._fresh = False
            return text
        if (expires, content_type, public, metadata) != (None,) * 4:
            raise ValueError('expires, content_type, public and metadata are '
                             'for writing')
        checked = self._about('GET', key, bucket, headers, None).headers
        for name in ('range', 'if-none-match', 'if-modified-since'):
            if name in checked:
                raise ValueError('header %s makes no sense for a file' % name)
        reader: 'Any' = io.BufferedReader(_ObjectReader(
            self, key, bucket, checked), _SMALL)
        return reader if 'b' in kind else io.TextIOWrapper(reader, encoding)

    def head(self, key: str, bucket: 'OptStr' = None,
             headers: 'Fields' = None, *,
             version_id: 'OptStr' = None) -> Response:
        """Ask for an object's headers. NotFound if there is none.

            size = int(conn.head('big.log').headers['content-length'])
        """
        return self._send(
            self._about('HEAD', key, bucket, headers, version_id))

    head_object = head

    def exists(self, key: str, bucket: 'OptStr' = None,
               headers: 'Fields' = None) -> bool:
        """Say whether there is such an object. AccessDenied if the service
        does not tell.

            if not conn.exists('done.flag'): ...
        """
        try:
            self.head(key, bucket, headers)
        except NotFound:
            return False
        return True

    def delete(self, key: str, bucket: 'OptStr' = None, *,
               headers: 'Fields' = None,
               version_id: 'OptStr' = None) -> Response:
        """Delete an object; a success whether or not there was one.

        Where versions are kept it can be had back, but not what
        `version_id` deletes.

            conn.delete('old.log')
        """
        return self._send(
            self._about('DELETE', key, bucket, headers, version_id))

    def delete_many(self, keys: 'Iterable[str]',
                    bucket: 'OptStr' = None) -> int:
        """Delete any number of objects, 1,000 a request; return how many.

        All are tried, but once only while the service does not answer;
        BatchError then tells of those that failed, and that the others are
        gone. Of an iterator the keys are checked as they are drawn.

            conn.delete_many(e['key'] for e in conn.list('old/'))
        """
        if isinstance(keys, (str, bytes, bytearray)):
            raise TypeError('keys must be an iterable of keys, not one key')
        bucket = self._bucket(bucket)
        batches: 'Iterator[List[str]]' = map(_check_keys, _batches(keys))
        if isinstance(keys, (list, tuple, set, frozenset)):
            # All are checked before the first is sent.
            batches = _batches(_check_keys([*keys]))
        deleted: 'List[str]' = []
        errors: 'Dict[str, S3Error]' = {}
        silent = False
        for batch in batches:
            failed = self._delete_batch(bucket, batch, silent)
            silent = isinstance(failed.get(batch[-1]), TransportError)
            errors.update(failed)
            deleted += [key for key in batch
                        if key not in failed] if failed else batch
        if errors:
            raise BatchError(
                'DELETE s3://%s: %d of %d keys were not deleted, the first '
                'for: %s' % (bucket, len(errors), len(errors) + len(deleted),
                             next(iter(errors.values()))),
                'DELETE', bucket, None, errors, deleted)
        return len(deleted)

    def _delete_batch(self, bucket: str, keys: 'List[str]',
                      once: bool = False) -> 'Dict[str, S3Error]':
        """Delete up to 1,000 keys; return the errors of those that failed.
        What XML cannot express, or the server does not know, goes singly."""
        unsayable = re.compile(_UNSAYABLE).search
        single = [*filter(unsayable, keys)] if unsayable(''.join(keys)) else []
        many = [key for key in keys if not unsayable(key)] if single else keys
        failed = self._delete_objects(bucket, many, once) if many else {}
        single += [key for key, error in failed.items()
                   if getattr(error, 'code', '') == 'NotImplemented']
        for number, key in enumerate(single):
            try:
                self.delete(key, bucket)
                failed.pop(key, None)
            except CredentialsError:
                raise
            except TransportError as error:
                failed.update(dict.fromkeys(single[number:], error))
                break
            except S3Error as error:
                failed[key] = error
        return failed

    def _delete_objects(self, bucket: str, keys: 'List[str]',
                        once: bool) -> 'Dict[str, S3Error]':
        """Send a DeleteObjects, and another of what failed in passing;
        return the errors."""
        request = _Request('POST', bucket, query={'delete': ''},
                           xml='DeleteResult')
        request.once = once
        failed: 'Dict[str, S3Error]' = {}
        while True:
            request.headers.clear()     # of the checksum before
            request.attach_xml(
                '<Delete xmlns="%s"><Quiet>true</Quiet><Object><Key>%s</Key>'
                '</Object></Delete>' % (
                    # No key has a NUL; to escape all at once takes a third.
                    _NAMESPACE, '\0'.join(keys).translate(
                        _XML_ESCAPES).replace(
                            '\0', '</Key></Object><Object><Key>')))
            try:
                refused = _refused_keys(self._send(request), keys)
            except CredentialsError:
                raise
            except S3Error as error:
                return dict(failed, **dict.fromkeys(keys, error))
            for key in keys:
                failed.pop(key, None)
            failed.update(refused)
            keys = [key for key, error in refused.items()
                    if error.code in _PASSING_CODES]
            if not keys or not self._goes_on(request, refused[keys[0]]):
                return failed

    def list(self, prefix: str = '', bucket: 'OptStr' = None, *,
             delimiter: 'OptStr' = None,
             start_after: 'OptStr' = None) -> 'Iterator[Entry]':
        """Iterate over the objects under a prefix, lazily, as dicts: key,
        etag (without quotes), size (in bytes), last_modified (a datetime,
        aware, UTC), storage_class.

        `start_after` names the key to go on behind. With a `delimiter`, what
        is below it comes as one dict per common prefix, in which all but `key`
        is None. Keys come in S3's order, the common prefixes of a page after
        its objects.

            total = sum(entry['size'] for entry in conn.list('logs/'))
        """
        return self._walk(self._listing(
            bucket, 'ListBucketResult', {
                'list-type': '2', 'encoding-type': 'url'}, prefix=prefix,
            delimiter=delimiter, start_after=start_after))

    def list_versions(self, prefix: str = '',
                      bucket: 'OptStr' = None) -> 'Iterator[Entry]':
        """Iterate over all versions of the objects under a prefix, and over
        the markers that deleting left, lazily, in the server's order.

        They are the dicts of `list` with version_id ('null' for what is
        older than versioning), is_latest and is_delete_marker; a marker has
        None as size and etag.

            for entry in conn.list_versions('2013/cat.jpg'):
                print(entry['version_id'], entry['last_modified'])
        """
        return self._walk(self._listing(
            bucket, 'ListVersionsResult', {
                'versions': '', 'encoding-type': 'url'}, prefix=prefix))

    def _listing(self, bucket: 'OptStr', root: str, query: 'Dict[str, str]',
                 **options: 'OptStr') -> _Request:
        for name, value in options.items():
            name = name.replace('_', '-')
            if value is not None and _checked(value, str, name):
                query[name] = value
        return _Request('GET', self._bucket(bucket), None, query, xml=root)

    def _walk(self, request: _Request) -> 'Iterator[Entry]':
        for page in self._pages(request):
            try:
                entries = _entries(page)
            except (KeyError, ValueError) as error:
                raise request.told(TransportError(
                    'the listing lacks something: %r' % error)) from error
            yield from entries

    def _pages(self, request: _Request) -> 'Iterator[_Element]':
        """Go through the pages of a listing. One that runs in circles, or
        does not say how it goes on, is refused."""
        endpoint = self._endpoint()
        seen: 'Set[Tuple[str, ...]]' = set()
        going_on: 'Dict[str, str]' = {}
        while True:
            query = dict(request.query, **going_on)
            # One that has begun goes on as it began.
            if 'list-type' in query and 'continuation-token' not in query and (
                    self._list_v1 or endpoint.old_lists):
                query = _old_query(query)
            if endpoint.raw_lists:
                query.pop('encoding-type', None)
            page = self._send(_Request(
                'GET', request.bucket, request.key, query,
                dict(request.headers), xml=request.xml))._xml
            yield page
            if page.text('IsTruncated').lower() != 'true':
                return
            going_on = _next_page(page)
            token = tuple(going_on.values())
            if not any(token) or token in seen:
                raise request.told(TransportError(
                    'a cut listing does not say how it goes on'))
            seen.add(token)

    # Copies and metadata

    def copy(self, from_key: str, from_bucket: 'OptStr', to_key: str,
             to_bucket: 'OptStr' = None, metadata: 'Fields' = None,
             public: 'Optional[bool]' = None, *, headers: 'Fields' = None,
             version_id: 'OptStr' = None) -> Response:
        """Copy an object within S3, inside one bucket or to another.

        `to_bucket` is `from_bucket` if unsaid. What is over 5 GiB is copied
        by parts. `public` is that of `upload`. What `metadata` names is
        changed, None removes, all else that S3 copies is kept: content
        headers, user metadata, tags. Where metadata had to be read for that,
        PreconditionFailed says that the source changed meanwhile. NotFound if
        there is no source.

            conn.copy('a.jpg', 'photos', 'b.jpg', 'archive',
                      metadata={'x-amz-storage-class': 'STANDARD_IA'})
        """
        from_bucket = self._bucket(from_bucket)
        source = from_bucket, self._key(from_key), version_id
        to_bucket = from_bucket if to_bucket is None else to_bucket
        target = self._bucket(to_bucket), self._key(to_key)
        changes = _metadata_headers(metadata)
        extra = _checked_headers(headers)
        send = functools.partial(
            self._copy, target, source, changes, public, extra)
        look = functools.partial(
            self.head, from_key, from_bucket, _needed(extra, True),
            version_id=version_id)
        if any(value is None or name.startswith(_REPLACED)
               for name, value in changes.items()):
            return send(look())
        try:
            return send(None)       # S3 itself keeps the metadata
        except ResponseError as error:
            head = look() if error.code in _TOO_LARGE else None
            if head is None or (_extent(head)[1] or 0) <= self._copy_limit:
                raise
        return send(head)

    def update_metadata(self, key: str, metadata: 'Fields' = None,
                        bucket: 'OptStr' = None,
                        public: 'Optional[bool]' = None, *,
                        headers: 'Fields' = None) -> Response:
        """Change what `metadata` names, None removes; keep all the rest:
        content type, user metadata, encryption, storage class, tags, ACL.

        `public` None keeps the ACL, False makes the object private. Without
        metadata only the ACL changes. The object is copied onto itself,
        guarded by its ETag: PreconditionFailed if it changed meanwhile.
        ValueError if there is nothing to change.

            conn.update_metadata('a.css', {'Cache-Control': 'no-cache'})
        """
        bucket, key = self._bucket(bucket), self._key(key)
        extra = _checked_headers(headers)
        if metadata is None:
            return self._set_acl(bucket, key, public, extra)
        changes, needed = _metadata_headers(metadata), _needed(extra)
        head = self.head(key, bucket, needed)
        if public is None and not any(
                name.startswith(('x-amz-grant-', 'x-amz-acl'))
                for name in (*changes, *extra)):
            changes.update(_grant_headers(self._property(
                'acl', 'AccessControlPolicy', (bucket, key, None), needed)))
        extra.update({
            'x-amz-copy-source-' + name[len('x-amz-'):]: value
            for name, value in needed.items()
            if name.startswith(_CUSTOMER_KEY)})
        return self._copy((bucket, key), (bucket, key, None), changes, public,
                          extra, head, _REPLACED + _OWNED)

    def _copy(self, target: 'Tuple[str, str]',
              source: 'Tuple[str, str, OptStr]',
              changes: 'Mapping[str, OptStr]', public: 'Optional[bool]',
              extra: 'Mapping[str, str]', head: 'Optional[Response]',
              kept: 'Tuple[str, ...]' = _REPLACED) -> Response:
        """Send a CopyObject; the ETag comes in its XML. With the `head` of
        the source S3 keeps no metadata but what is `kept`, and what is too
        large for one request goes in parts."""
        sent: 'Dict[str, Any]' = dict(changes if head is None else _merged(
            head, kept, changes, extra))
        if public:
            sent['x-amz-acl'] = 'public-read'
        if 'x-amz-tagging' in changes:
            sent['x-amz-tagging-directive'] = 'REPLACE'
        place = '%s/object/%s' if source[0].startswith('arn:') else '/%s/%s'
        sent['x-amz-copy-source'] = _quote_path(place % source[:2]) + (
            '?versionId=' + _quote(source[2]) if source[2] else '')
        sent.update(extra)
        _check_metadata_size(sent)
        request = _Request('PUT', *target, headers=sent,
                           xml='CopyObjectResult')
        size = head and _extent(head)[1] or 0
        if size > self._copy_limit:
            self._keep_tags(sent, source)
            return _copy_parts(self, request, size, min(
                _COPY_PART, self._copy_limit))
        response = self._send_or_find(
            request, functools.partial(_is_copied, head))
        response._etag = response._xml.text('ETag')
        return response

    def _keep_tags(self, headers: 'Dict[str, str]',
                   source: 'Tuple[str, str, OptStr]') -> None:
        """Give a copy in parts the tags of its source, unless it has its
        own; the directives are for a copy in one request only."""
        headers.pop('x-amz-metadata-directive', None)
        replaced = headers.pop('x-amz-tagging-directive', '')
        if 'x-amz-tagging' in headers or replaced.upper() == 'REPLACE':
            return
        found = self._property('tagging', 'Tagging', source, _needed(
            headers, True)).find('TagSet').all('Tag')
        if found:
            headers['x-amz-tagging'] = _query({
                tag.text('Key'): tag.text('Value') for tag in found})

    def _property(self, what: str, root: str,
                  source: 'Tuple[str, str, OptStr]',
                  headers: 'Dict[str, str]') -> _Element:
        """Ask for what a copy would lose, the ACL or the tags of its
        source; empty where there is none, or, told, none may be read."""
        bucket, key, version_id = source
        query = {what: '', 'versionId': version_id} if version_id else {
            what: ''}
        needed = {name: value for name, value in headers.items()
                  if not name.startswith(_CUSTOMER_KEY)}
        try:
            return self._send(_Request(
                'GET', bucket, key, query, needed, xml=root))._xml
        except AccessDenied:
            _logger().warning('the %s of s3://%s/%s may not be read: the '
                              'copy has none', what, bucket, _one_line(key))
        except ResponseError as error:
            if error.code not in _NO_ACL | {'NoSuchTagSet'}:
                raise
        return _Element()

    def _set_acl(self, bucket: str, key: str, public: 'Optional[bool]',
                 headers: 'Dict[str, str]') -> Response:
        """Set a canned ACL; where there are no ACLs all is private."""
        if public is None:
            raise ValueError('nothing to update: pass metadata or public')
        headers['x-amz-acl'] = 'public-read' if public else 'private'
        try:
            return self._send(_Request(
                'PUT', bucket, key, {'acl': ''}, headers))
        except ResponseError as error:
            if public or error.code not in _NO_ACL:
                raise
        return self.head(key, bucket, _needed(headers))

    # Uploads in parts

    def initiate_multipart_upload(
            self, key: str, bucket: 'OptStr' = None,
            expires: 'Expires' = None, content_type: 'OptStr' = None,
            public: 'Optional[bool]' = None, headers: 'Fields' = None, *,
            metadata: 'Fields' = None) -> MultipartUpload:
        """Begin an upload whose parts you send yourself; the options are
        those of `upload`.

            mp = conn.initiate_multipart_upload('film.mp4', public=True)
        """
        request = self._new_object(key, bucket, expires, content_type,
                                   public, headers, metadata)
        upload = MultipartUpload(self, request.bucket, key)
        upload._initiate(request, self._algorithm())
        return upload

    def list_multipart_uploads(
            self, prefix: str = '',
            bucket: 'OptStr' = None) -> 'Iterator[MultipartUpload]':
        """Iterate over the uploads in parts that were neither completed nor
        cancelled, as MultipartUpload.

            for mp in conn.list_multipart_uploads('tmp/'):
                mp.cancel_upload()
        """
        # No encoding-type: SeaweedFS says it encodes, and does not.
        return self._uploads(self._listing(
            bucket, 'ListMultipartUploadsResult', {'uploads': ''},
            prefix=prefix))

    def _uploads(self, request: _Request) -> 'Iterator[MultipartUpload]':
        for page in self._pages(request):
            decode = _decoder(page)
            for found in page.all('Upload'):
                # Its key is not checked: a server may have what we refuse.
                upload = MultipartUpload(
                    self, request.bucket, '-', found.text('UploadId'))
                upload.key = decode(found.text('Key'))
                if upload.key:
                    yield upload

    def get_all_multipart_uploads(
            self, bucket: 'OptStr' = None,
            prefix: str = '') -> 'List[MultipartUpload]':
        """Return what `list_multipart_uploads` iterates over, as a list.

            uploads = conn.get_all_multipart_uploads()
        """
        return [*self.list_multipart_uploads(prefix, bucket)]

    # Folders

    def upload_dir(self, local_dir: 'Any', prefix: str = '',
                   bucket: 'OptStr' = None, *, delete: bool = False,
                   dry_run: bool = False, checksum: bool = False,
                   include: 'Patterns' = None, exclude: 'Patterns' = None,
                   progress: 'Progress' = None, expires: 'Expires' = None,
                   content_type: 'OptStr' = None,
                   public: 'Optional[bool]' = None, headers: 'Fields' = None,
                   metadata: 'Fields' = None) -> Summary:
        """Store the files of a folder that changed under a prefix, which
        gets its slash.

        A file is skipped if its object has its size and is not older, or
        has its MD5; with `checksum` only the MD5 counts. `include` and
        `exclude` are patterns as '*.jpg', or lists of them, of the names
        below the folder. `delete` removes objects that have no file, if
        nothing failed, and none that the patterns leave out. `dry_run` only
        counts. Links are not followed. `progress` is called with the bytes
        since the last call. The other options are those of `upload`.
        Returns a Summary; NotADirectoryError if there is no folder.

            print(conn.upload_dir('site', 'www', exclude='*.tmp').failed)
        """
        return _TreeUp(self, {
            'delete': delete, 'dry_run': dry_run, 'checksum': checksum,
            'rules': _rules(include, exclude), 'progress': progress},
            self._bucket(bucket), _checked(prefix, str, 'prefix'), local_dir,
            expires, content_type, public, headers, metadata).run()

    def download_dir(self, prefix: str, local_dir: 'Any',
                     bucket: 'OptStr' = None, *, delete: bool = False,
                     dry_run: bool = False, checksum: bool = False,
                     include: 'Patterns' = None, exclude: 'Patterns' = None,
                     progress: 'Progress' = None) -> Summary:
        """Bring the objects below a prefix that changed to a folder, which
        is made if it is missing.

        An object is skipped if its file has its size and is not older, or
        has its MD5. The options are those of `upload_dir`; `delete` removes
        files. A name that would lead out of the folder, or that the system
        cannot have, is among the failed.

            conn.download_dir('www', 'site', delete=True)
        """
        return _TreeDown(self, {
            'delete': delete, 'dry_run': dry_run, 'checksum': checksum,
            'rules': _rules(include, exclude), 'progress': progress},
            self._bucket(bucket), _checked(prefix, str, 'prefix'),
            local_dir).run()

    # Presigned URLs and other requests

    def presign(self, key: str, bucket: 'OptStr' = None, *,
                method: str = 'GET', expires: 'Lifetime' = 3600,
                headers: 'Fields' = None,
                query: 'Optional[Mapping[str, Any]]' = None,
                version_id: 'OptStr' = None) -> str:
        """Return a URL that allows one method on one object to whoever has
        it, for `expires` seconds (1 to 604,800) or a timedelta.

        No request is sent. Whoever uses the URL must send `headers` as they
        are here; `query` may override headers of the answer. ValueError for
        another time, CredentialsError if there are no keys.

            url = conn.presign('report.pdf', expires=86400, query={
                'response-content-disposition': 'attachment'})
        """
        asked = self._about(_check_method(method), key, bucket, headers,
                            version_id)
        whole = dict(self._amz_headers(), **asked.query)
        whole.update(_pairs_of(query, 'query'))
        ours = _OUR_QUERY.intersection(map(str.lower, query or {}))
        if ours:
            raise ValueError('query %s is set by tinys3: leave it out'
                             % ', '.join(sorted(ours)))
        region, now = self._region(asked.bucket), self._now()
        url = self._endpoint().address(
            region, asked.bucket, asked.key, whole).url
        return url if self._keys is None else presign_url(
            asked.method, url, self._lasting_keys(now, expires), region,
            expires, headers=asked.headers, now=now)

    def presign_post(self, key: str, bucket: 'OptStr' = None, *,
                     expires: 'Lifetime' = 3600, fields: 'Fields' = None,
                     conditions: 'Optional[Iterable[Any]]' = None,
                     max_size: 'Optional[int]' = None) -> 'Dict[str, Any]':
        """Return a form by which whoever has it may upload one file for
        `expires` seconds (1 to 604,800) or a timedelta: a dict of `url`, to
        POST to, and `fields`, to send before the last, the file, as `file`.

        From a `${filename}` in the key on, which S3 replaces by the name of
        the file, the user chooses. `fields` (acl, Content-Type,
        success_action_redirect, x-amz-meta-*) must come back as they are,
        unless one of the `conditions`, written as S3 does, is about them.
        `max_size` is in bytes. No request is sent. ValueError if anonymous,
        CredentialsError if there are no keys.

            form = conn.presign_post('in/${filename}', max_size=10 ** 6,
                                     fields={'Content-Type': 'image/png'})
        """
        bucket, key = self._bucket(bucket), self._key(key)
        sent = self._amz_headers()
        for name, value in _pairs_of(fields, 'fields'):
            if _checked(name, str, 'the name of a field').lower() in (
                    _OUR_FIELDS):
                raise ValueError('field %s is set by tinys3: leave it out'
                                 % name)
            sent[name] = _checked(value, str, 'field ' + name)
        more = [] if max_size is None else [
            ['content-length-range', 0,
             _checked_count(max_size, 'max_size', 0, _MAX_PUT)]]
        held = _conditions(dict(sent, bucket=bucket, key=key),
                           itertools.chain(conditions or (), more))
        if self._keys is None:
            raise ValueError('a form must be signed: this Connection is '
                             'anonymous')
        region, now = self._region(bucket), self._now()
        return {
            'url': self._endpoint().address(region, bucket, None, {}).url,
            'fields': _sign_form(
                dict(sent, key=key), held,
                self._lasting_keys(now, expires), region, expires, now)}

    def request(self, method: str, key: 'OptStr' = None,
                bucket: 'OptStr' = None, *,
                query: 'Optional[Mapping[str, Any]]' = None,
                headers: 'Fields' = None, body: 'Any' = b'',
                stream: bool = False) -> Response:
        """Make any other call of S3: signed, retried and checked as ours.

        `query` may name a subresource, with '' or None as its value; `body`
        is a str, sent as UTF-8, or what upload takes; its MD5 goes along.

            tags = conn.request('GET', 'a.jpg', query={'tagging': ''}).text
        """
        request = _Request(
            _check_method(method), self._bucket(bucket),
            None if key is None else self._key(key),
            dict(_pairs_of(query, 'query')), _checked_headers(headers),
            stream=stream)
        with _Source(body.encode('utf-8') if isinstance(body, str)
                     else body) as source:
            whole = source.whole(self._part_size)
            if whole.size:
                request.attach(whole)
            return self._send(request)

    # Buckets

    def list_buckets(self) -> 'List[Entry]':
        """Return the buckets of the account as dicts: name, creation_date
        (aware, UTC).

            names = [bucket['name'] for bucket in conn.list_buckets()]
        """
        found = self._send(_Request(
            'GET', xml='ListAllMyBucketsResult'))._xml.find('Buckets')
        return [{'name': bucket.text('Name'),
                 'creation_date': _parse_iso_date(bucket.text('CreationDate'))}
                for bucket in found.all('Bucket')]

    def create_bucket(self, bucket: str) -> Response:
        """Create a bucket in the region of the Connection. ResponseError
        (409) if the name is taken.

            conn.create_bucket('photos')
        """
        request = _Request('PUT', self._bucket(bucket))
        self._regions.pop(bucket, None)     # of one that was deleted since
        if self._region() not in ('us-east-1', 'auto'):
            request.attach_xml(
                '<CreateBucketConfiguration xmlns="%s"><LocationConstraint>%s'
                '</LocationConstraint></CreateBucketConfiguration>'
                % (_NAMESPACE, self._region()))
        return self._send_or_find(request, lambda request, found: True)

    def delete_bucket(self, bucket: 'OptStr' = None) -> Response:
        """Delete a bucket. ResponseError (409) if it is not empty.

            conn.delete_bucket('photos')
        """
        return self._send(_Request('DELETE', self._bucket(bucket)))

    def head_bucket(self, bucket: 'OptStr' = None) -> Response:
        """Ask whether a bucket is there and may be used. NotFound or
        AccessDenied if not.

            conn.head_bucket('photos')
        """
        return self._send(_Request('HEAD', self._bucket(bucket)))

    # The funnel

    def _bucket(self, bucket: 'OptStr') -> str:
        """Choose and check the bucket of a call."""
        bucket = self.default_bucket if bucket is None else bucket
        if bucket is None:
            raise ValueError('no bucket: pass bucket=, or make the '
                             'Connection with default_bucket=')
        return _check_bucket(bucket)

    def _key(self, key: str) -> str:
        """Check a key; tell once that a leading slash belongs to it."""
        if _check_key(key).startswith('/') and self._first('slash'):
            _logger().warning('key %s: the leading slash is part of the key, '
                              'unlike in tinys3 0.1', _one_line(key, 80))
        return key

    def _about(self, method: str, key: str, bucket: 'OptStr',
               headers: 'Fields', version_id: 'OptStr') -> _Request:
        """Make a request about an object, or a version of it."""
        return _Request(
            method, self._bucket(bucket), self._key(key),
            None if version_id is None else {'versionId': version_id},
            _checked_headers(headers) if headers else None)

    def _amz_headers(self) -> 'Dict[str, str]':
        """Return our headers that go along with what is signed in advance,
        and is shown around: not the customer's key."""
        return {name: value for name, value in self._headers.items()
                if name.startswith('x-amz-')
                and not name.startswith(_CUSTOMER_KEY)}

    def _lasting_keys(self, now: float, expires: 'Lifetime') -> Credentials:
        """Return the keys to sign in advance with; tell if they end first."""
        keys = self._keys.get(now)      # type: ignore[union-attr]
        if _end_of(keys) < now + _lifetime(expires):
            _logger().warning('what is presigned dies with its credentials, '
                              'at %s', _amz_date(keys.expires_at or 0))
        return keys

    def _first(self, topic: str) -> bool:
        """Say whether a warning is due: once on each Connection."""
        mine = object()     # setdefault is one step for all threads
        return self._warned.setdefault(topic, mine) is mine

    def _new_object(self, key: str, bucket: 'OptStr', expires: 'Expires',
                    content_type: 'OptStr', public: 'Optional[bool]',
                    headers: 'Fields', metadata: 'Fields') -> _Request:
        """Make the PUT of a new object; `headers` win."""
        request = _Request('PUT', self._bucket(bucket), self._key(key))
        sent = request.headers
        if expires is not None:
            sent['cache-control'] = _cache_control(expires, public)
        if public:
            sent['x-amz-acl'] = 'public-read'
        if content_type is not None:
            sent.update(_checked_headers({'content-type': content_type}))
        if metadata or headers:
            sent.update({name: value for name, value
                         in _metadata_headers(metadata).items()
                         if value is not None})
            sent.update(_checked_headers(headers))
            _check_metadata_size(sent)
        if 'content-type' not in sent:
            sent['content-type'] = _content_type(key)
        return request

    def _choose(self, what: str, *choices: 'Tuple[str, Any]') -> str:
        """Return the first value there is; remember where it is from."""
        self._origins[what], value = next(
            choice for choice in choices if choice[1])
        return str(value)

    def _endpoint(self) -> _Endpoint:
        """Return the endpoint: argument, environment, profile, AWS."""
        if self._found_endpoint is None:
            self._found_endpoint = self._make_endpoint(self._choose(
                'endpoint', self._profile.configured('S3'),
                ('AWS', self._aws_host())))
        return self._found_endpoint

    def _aws_host(self) -> str:
        """Return the host of AWS's S3 with the features that are set."""
        is_on = self._profile.is_on
        fips, fast = map(is_on, ('use_fips_endpoint',
                                 'use_accelerate_endpoint'))
        if fips and fast:
            raise ValueError('FIPS endpoints have no acceleration: use one')
        return 's3%s%s.amazonaws.com' % (
            '-fips' if fips else '-accelerate' if fast else '',
            '.dualstack' if is_on('use_dualstack_endpoint') else '')

    def _region(self, bucket: 'OptStr' = None) -> str:
        """Return where a bucket is, if that is known, else our region."""
        if bucket in self._regions:
            return self._regions[bucket]
        point = bucket and bucket[:4] == 'arn:' and re.match(
            _ACCESS_POINT, bucket)
        if point:
            return point.group('region')
        if self._found_region is None:
            self._found_region = _checked_region(self._choose(
                'region', ('the endpoint', self._endpoint().region),
                *self._profile.regions()))
        return self._found_region or ''

    def _send(self, request: _Request,
              broken: 'Optional[S3Error]' = None) -> Response:
        """Send a request until it succeeds or no further try would help:
        the one retry loop of the file. `broken` is what cut the body of its
        last answer short.

        Each attempt reads the body from its beginning: it is bytes in memory
        or a window of a file, for streams are cut into such parts before.
        """
        while True:
            try:
                if broken is not None:
                    raise broken
                request.attempts += 1
                with self._budget:      # not beside too many others
                    response = self._attempt(request)
                self._budget.earn(request.attempts > 1)
                if 'checksum' in request.mended:
                    self._plain = True
                if 'listing' in request.mended:
                    self._list_v1 = True
                return response
            except S3Error as error:
                broken = None
                if error._foreign:
                    raise
                _told(error, request.method, request.bucket, request.key)
                if self._mended(request, error):
                    request.attempts -= 1
                elif not self._goes_on(request, error):
                    raise

    def _goes_on(self, request: _Request, error: S3Error) -> bool:
        """Say whether to try again after a failure, when it is time to."""
        request.lost |= not 300 <= getattr(error, 'status_code', 500) < 500
        if isinstance(error, IntegrityError):
            if request.doubted:         # it is stored so: once is enough
                _hopeless(error)
            request.doubted = True
        if request.attempts >= self._retry.attempts or (
                not self._retry.wants(error)):
            tries = ' (after %d attempts)' % request.attempts
            if request.attempts > 1 and tries not in str(error):
                error.args = (str(error) + tries,)
            return False
        if self._is_stopped(request) or (
                request.once and isinstance(error, TransportError)):
            return False
        delay = max(self._budget.spend(), self._retry.delay(
            request.attempts, error, self._clock()))
        _logger().warning('attempt %d failed, the next in %.2f s: %s',
                          request.attempts, delay, error)
        if self._sleep is not time.sleep:
            self._sleep(delay)
            delay = 0.0
        end = time.monotonic() + delay
        while delay > 0 and not self._is_stopped(request):
            time.sleep(min(delay, 0.2))
            delay = end - time.monotonic()
        return not self._is_stopped(request)

    def _is_stopped(self, request: _Request) -> bool:
        return self._halted or (
            request.stop is not None and request.stop.is_set())

    def _now(self) -> float:
        """Return the time as the server has it."""
        return self._clock() + self._skew

    def _mended(self, request: _Request, error: S3Error) -> bool:
        """Set right what the answer says is wrong about how we ask, each
        thing once for a request; say whether anything was."""
        if not isinstance(error, ResponseError) or error.response is None:
            return False
        for name, mend in (('region', self._mend_region),
                           ('clock', self._mend_clock),
                           ('keys', self._mend_keys),
                           ('md5', self._mend_md5),
                           ('checksum', self._mend_checksum),
                           ('listing', self._mend_listing)):
            if name not in request.mended and mend(request, error):
                request.mended += (name,)
                return True
        return False

    def _mend_region(self, request: _Request, error: ResponseError) -> bool:
        """Go to the region where the bucket is. A Location is not followed:
        only a region of the same partition counts."""
        bucket, aws = request.bucket, self._endpoint().is_aws
        creates = request.method == 'PUT' and not (
            request.key or request.query)
        if (bucket or '').startswith('arn:') or not (
                error.status_code in (301, 307)
                or error.code == 'AuthorizationHeaderMalformed'
                or error.code == 'IllegalLocationConstraintException'
                and not creates
                or error.status_code == 400 and request.method == 'HEAD'):
            return False
        region, ours = error._region, request.region
        if not region and aws and bucket and not creates:
            try:        # the answer tells, whatever its status
                region = str(self._attempt(_Request('HEAD', bucket)).headers
                             .get('x-amz-bucket-region', ''))
            except S3Error as failure:
                region = getattr(failure, '_region', '')
        if not _REGION.match(region) or region == ours or (
                aws and _suffix(region) != _suffix(ours)):
            return False
        self._regions[bucket] = region
        if self._first('%s in %s' % (bucket, region)):
            _logger().warning('%s is in region %s, not %s: pass that as '
                              'region= to save the detour', bucket or repr(
                                  self._endpoint()), region, ours)
        return True

    def _mend_clock(self, request: _Request, error: ResponseError) -> bool:
        """Go by the server's clock, if ours is more than 4 minutes off. A
        slow upload looks the same, and is signed anew."""
        date = _parse_http_date(error.response.headers.get(  # type: ignore
            'date', ''))
        if date is None or error.status_code not in (400, 403):
            return False
        gap = date - self._clock()
        wrong = abs(gap - request.skew) > 240
        if wrong and abs(gap - self._skew) > 240:   # no thread was faster
            self._skew = gap
            if self._first('clock'):
                _logger().warning('the clock of this machine is %d s %s',
                                  abs(gap), 'slow' if gap > 0 else 'fast')
        return wrong or error.code in ('RequestTimeTooSkewed',
                                       'RequestExpired')

    def _mend_keys(self, request: _Request, error: ResponseError) -> bool:
        """Fetch the credentials again that the server says are too old."""
        if error.code not in _EXPIRED or self._keys is None:
            return False
        try:
            return self._keys.get(
                self._now(), request.keys) is not request.keys
        except S3Error as failure:
            raise _told(failure, request.method, request.bucket,
                        request.key) from error

    def _mend_md5(self, request: _Request, error: ResponseError) -> bool:
        """Send the MD5 that Object Lock demands of a look-alike's uploads."""
        if 'Content-MD5' not in error.message or request.has_checksum():
            return False
        request.attach(request.body)
        return request.has_checksum()

    def _mend_checksum(self, request: _Request, error: ResponseError) -> bool:
        """Leave out the headers of ours that the server does not know; the
        signature guards the body then."""
        known = [name for name in request.optional if name in request.headers]
        if error.code != 'NotImplemented' or not known:
            return False
        for name in known:
            del request.headers[name]
        request.unsigned, request.optional = False, ()
        return True

    def _mend_listing(self, request: _Request, error: ResponseError) -> bool:
        """List by version 1: some servers know no other."""
        if (request.xml != 'ListBucketResult' or self._endpoint().is_aws
                or 'list-type' not in request.query
                or 'continuation-token' in request.query
                or error.code not in ('NotImplemented', 'InvalidArgument')):
            return False
        request.query = _old_query(request.query)
        return True

    def _attempt(self, request: _Request) -> Response:
        """Send a request once, signed afresh, for a signature ages."""
        request.region, request.skew = self._region(
            request.bucket), self._skew
        endpoint = self._endpoint()
        address = endpoint.address(
            request.region, request.bucket, request.key, request.query)
        headers = {'user-agent': 'tinys3/' + __version__, 'accept-encoding':
                   'gzip' if endpoint.unzips else 'identity'}
        headers.update(self._headers)
        headers.update(request.headers)
        if self._keys is not None:
            if endpoint.is_open and self._first('plain'):
                _logger().warning('talking to %s without TLS', address.host)
            self._sign(request, address, headers)
        response = self._transport.send(
            request.method, address, headers, request.body, request.stream,
            _MAX_XML if request.xml or request.method not in ('GET', 'HEAD')
            else None, request.stop)
        response.key, response.bucket = request.key, request.bucket
        if response.status_code >= 300:
            signed = headers.get('authorization', '')
            _blot(response, signed, signed.rpartition('=')[2], *(
                value for name, value in headers.items()
                if name.endswith(('-security-token', '-customer-key'))))
        # DEBUG is only logged if anyone has imported logging.
        if 'logging' in sys.modules and _logger().isEnabledFor(10):
            _logger().debug(
                '%s %s: %d in %.3f s, request id %s', request.method,
                response.url, response.status_code, response._seconds,
                response.request_id)
        try:
            _check_answer(request, response)
        except BaseException:
            response.close()
            raise
        return response

    def _sign(self, request: _Request, address: _Address,
              headers: 'Dict[str, str]') -> None:
        """Add to all the headers of a request those that sign it."""
        payload_hash = _UNSIGNED if request.unsigned else _EMPTY_SHA256
        if request.body.size and not request.unsigned:
            payload_hash = request.body.digest('sha256').hex()
        now = self._clock() + request.skew
        keys = self._keys.get(now)      # type: ignore[union-attr]
        date, request.keys = _amz_date(int(now)), keys
        headers['x-amz-date'] = date
        headers['x-amz-content-sha256'] = payload_hash
        if keys.session_token:
            headers['x-amz-security-token'] = keys.session_token
        headers['authorization'] = _authorization(
            request.method, address.path, address.query,
            dict(headers, host=address.authority), payload_hash, keys,
            '%s/%s/s3/aws4_request' % (date[:8], request.region), date)


Conn = Connection


# ---------------------------------------------------------------------------
# Pool: the same operations, as Futures.
# Knows: Connection's methods, executors. Must not know: HTTP.
# ---------------------------------------------------------------------------

@functools.lru_cache(maxsize=None)
def _parameters(operation: 'Callable[..., Any]') -> 'Tuple[Any, ...]':
    """Return the names an operation's arguments have: of those by position,
    of all, and of those that have to be given."""
    code = operation.__code__
    named = code.co_varnames[1:code.co_argcount + code.co_kwonlyargcount]
    positional = named[:code.co_argcount - 1]
    return positional, named, positional[
        :len(positional) - len(operation.__defaults__ or ())]


def _check_call(connection: Connection, operation: 'Callable[..., Any]',
                args: 'Tuple[Any, ...]', kwargs: 'Mapping[str, Any]'
                ) -> 'Dict[str, Any]':
    """Raise now what a wrong call would raise in a worker: TypeError for
    its arguments, ValueError or TypeError for its bucket and keys. Return
    the arguments by name."""
    (positional, named, needed), name = (
        _parameters(operation), operation.__name__)
    if len(args) > len(positional):
        raise TypeError('%s() takes %d positional arguments, %d were given'
                        % (name, len(positional), len(args)))
    given = dict(zip(positional, args))
    for word in kwargs:
        if word not in named or word in given:
            raise TypeError('%s() got %s argument %r' % (
                name, 'a second' if word in named else 'an unknown', word))
    given.update(kwargs)
    for word in needed:
        if word not in given:
            raise TypeError('%s() lacks its argument %r' % (name, word))
    for word in ('bucket', 'from_bucket'):
        if word in named:
            connection._bucket(given.get(word))
    if given.get('to_bucket') is not None:
        _check_bucket(given['to_bucket'])
    for word in ('key', 'from_key', 'to_key'):
        if word in given and not (name == 'request' and given[word] is None):
            connection._key(given[word])
    return given


def _check_portable(executor: 'Optional[Executor]', name: str,
                    given: 'Mapping[str, Any]') -> None:
    """Refuse arguments that cannot travel to the workers of an executor: a
    pool of processes would tell in the Future, and not which it was."""
    if executor is None:
        return
    import pickle
    from concurrent import futures
    if isinstance(executor, futures.ThreadPoolExecutor):
        return
    for word, value in given.items():
        try:
            if not isinstance(value, (str, bytes)):
                pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        except (TypeError, AttributeError, pickle.PicklingError) as error:
            # A cluster's may send functions along that have no name.
            if isinstance(error, TypeError) or isinstance(
                    executor, futures.ProcessPoolExecutor):
                raise TypeError(
                    '%s(): %s is a %s, which cannot go to a worker of %s: '
                    'pass a path, bytes or a list, and functions by their '
                    'names' % (name, word, type(value).__name__,
                               type(executor).__name__)) from error


_BORROWED: 'Dict[Home, Connection]' = {}
_TOKEN_OF_IMPORT = os.urandom(8)


def _call(operation: 'Callable[..., T]', connection: Connection,
          home: 'Home', args: 'Tuple[Any, ...]', kwargs: 'Mapping[str, Any]',
          unique: bytes = b'') -> 'T':
    """Run an operation in a worker, be it a thread or a process; what is
    lazy is fetched there, to its end.

    `home` names the Pool and its process, also among those of other
    machines: elsewhere each call brings a copy of the connection, of which
    the first is kept for the sockets it opens. `unique` tells apart calls
    that look the same, which Dask else makes once only.
    """
    if home[:2] != (os.getpid(), _TOKEN_OF_IMPORT):
        if home not in _BORROWED:
            for old in _BORROWED.copy():
                unused = _BORROWED.pop(old, None)
                if unused is not None:      # else a thread was faster
                    unused.close()
        connection = _BORROWED.setdefault(home, connection)
    result = operation(connection, *args, **kwargs)
    if hasattr(result, '__next__'):
        return list(result)  # type: ignore
    return result


def _pooled(operation: 'Callable[Concatenate[Connection, P], T]'
            ) -> 'Callable[Concatenate[Pool, P], Future[T]]':
    """Return an operation as a method of Pool that returns a Future."""
    @functools.wraps(operation)
    def submit(self: 'Pool', *args: 'P.args',
               **kwargs: 'P.kwargs') -> 'Future[T]':
        given = _check_call(self.connection, operation, args, kwargs)
        _check_portable(self._foreign, operation.__name__, given)
        if self._closed:
            raise RuntimeError('the Pool is closed')
        future = self.executor.submit(
            _call, operation, self.connection, self._home, args, kwargs,
            os.urandom(8) if self._foreign is not None else b'')
        self._waiting.add(future)
        future.add_done_callback(self._waiting.discard)
        return future
    return submit  # type: ignore[return-value]


def _pooled_list(
        operation: 'Callable[Concatenate[Connection, P], Iterator[T]]'
        ) -> 'Callable[Concatenate[Pool, P], Future[List[T]]]':
    """Return a lazy operation as a method of Pool; `_call` fetches all."""
    return _pooled(operation)  # type: ignore


def _local(operation: 'Callable[Concatenate[Connection, P], T]'
           ) -> 'Callable[Concatenate[Pool, P], T]':
    """Return an operation that needs no worker as a method of Pool."""
    @functools.wraps(operation)
    def call(self: 'Pool', *args: 'P.args', **kwargs: 'P.kwargs') -> 'T':
        return operation(self.connection, *args, **kwargs)
    return call  # type: ignore[return-value]


def _countdown(timeout: 'Optional[float]') -> 'Callable[[], Any]':
    """Return a function that tells the seconds left, None for ever."""
    end = time.monotonic() + (timeout or 0.0)
    return lambda: None if timeout is None else max(
        0.0, end - time.monotonic())


def _time_is_up(timeout: object) -> Exception:
    from concurrent.futures import TimeoutError as TimeIsUp
    return TimeIsUp('not all was done within %s seconds' % timeout)


def _result(future: 'Future[T]', return_exceptions: bool) -> 'T':
    try:
        return future.result()
    except Exception as error:
        if not return_exceptions:
            raise
        return error  # type: ignore[return-value]


class Pool(object):
    """Every operation of a Connection, run by `size` threads: each call
    returns a concurrent.futures.Future.

    Arguments are those of Connection. A call with unknown or missing
    arguments, without a bucket or with a bad bucket or key raises at once,
    not in the Future; the rest is looked at in the worker. Lists are fetched
    whole. An `executor` of your own (of processes, of a cluster) runs the
    operations instead and is left open; what it cannot send to its workers
    (open files, generators) is a TypeError.

    Leaving `with` by an exception cancels what has not begun; what has is
    not tried again.

        with tinys3.Pool(ACCESS, SECRET, 'photos', size=16) as pool:
            pool.all_completed([pool.delete(key) for key in keys])
    """

    def __init__(self, access_key: 'OptStr' = None,
                 secret_key: 'OptStr' = None, default_bucket: 'OptStr' = None,
                 tls: bool = True, endpoint: 'OptStr' = None, size: int = 5,
                 *, executor: 'Optional[Executor]' = None,
                 session_token: 'OptStr' = None, region: 'OptStr' = None,
                 profile: 'OptStr' = None, credentials: 'Provider' = None,
                 anonymous: bool = False, addressing: str = 'auto',
                 timeout: 'Any' = (5, 60),
                 retry: 'Union[Retry, int, None]' = None,
                 part_size: int = 8 * 1024 * 1024, part_threads: int = 4,
                 integrity: str = 'auto', headers: 'Fields' = None,
                 ca_bundle: 'OptStr' = None, proxy: 'Proxy' = None,
                 default: 'OptStr' = None) -> None:
        arguments = dict(locals())
        del arguments['self'], arguments['size'], arguments['executor']
        self.size = _checked_count(size, 'size', 1, 10000)
        _check_portable(executor, 'Pool', arguments)
        self.connection = Connection(**arguments)
        self._foreign = executor
        self._closed = False
        self._reset()

    def _reset(self) -> None:
        """Begin anew: at first, and in a forked child, where the threads
        of the parent are missing."""
        self._lock = threading.Lock()
        self._own: 'Optional[Executor]' = None
        self._waiting: 'Set[Future[Any]]' = set()
        self._home = os.getpid(), _TOKEN_OF_IMPORT, os.urandom(8)
        self._pid = os.getpid()     # last: other threads look at it first

    upload = _pooled(Connection.upload)
    get = _pooled(Connection.get)
    download = _pooled(Connection.download)
    upload_dir = _pooled(Connection.upload_dir)
    download_dir = _pooled(Connection.download_dir)
    head = _pooled(Connection.head)
    head_object = head
    exists = _pooled(Connection.exists)
    delete = _pooled(Connection.delete)
    delete_many = _pooled(Connection.delete_many)
    list = _pooled_list(Connection.list)
    list_versions = _pooled_list(Connection.list_versions)
    copy = _pooled(Connection.copy)
    update_metadata = _pooled(Connection.update_metadata)
    initiate_multipart_upload = _pooled(Connection.initiate_multipart_upload)
    list_multipart_uploads = _pooled_list(Connection.list_multipart_uploads)
    get_all_multipart_uploads = _pooled(Connection.get_all_multipart_uploads)
    presign = _local(Connection.presign)
    presign_post = _local(Connection.presign_post)
    open = _local(Connection.open)
    request = _pooled(Connection.request)
    list_buckets = _pooled(Connection.list_buckets)
    create_bucket = _pooled(Connection.create_bucket)
    delete_bucket = _pooled(Connection.delete_bucket)
    head_bucket = _pooled(Connection.head_bucket)

    @property
    def default_bucket(self) -> 'OptStr':
        """The bucket of the calls that name none."""
        return self.connection.default_bucket

    @property
    def executor(self) -> 'Executor':
        """What runs the operations; threads are made when first needed."""
        if self._foreign is not None:
            return self._foreign
        if self._pid != os.getpid():
            _begin_anew(self)
        with self._lock:
            if self._own is None:
                from concurrent.futures import ThreadPoolExecutor
                self._own = ThreadPoolExecutor(self.size)
            return self._own

    def as_completed(self, futures: 'Iterable[Future[T]]',
                     timeout: 'Optional[float]' = None, *,
                     return_exceptions: bool = False) -> 'Iterator[T]':
        """Yield the results of futures as they come, the first failure
        raised, or with `return_exceptions` yielded like a result.

        Draws lazily from any iterable, with at most 4 x size (32 or more)
        in flight, so a generator of millions of calls runs in constant
        memory. concurrent.futures.TimeoutError when `timeout` seconds are
        over.

            for response in pool.as_completed(
                    pool.upload(name, name) for name in names):
                print(response.key)
        """
        import queue
        done: 'queue.Queue[Future[T]]' = queue.Queue()
        left, futures, flying = _countdown(timeout), iter(futures), 0
        while True:
            for future in itertools.islice(
                    futures, max(32, 4 * self.size) - flying):
                future.add_done_callback(done.put)
                flying += 1
            if not flying:
                return
            try:
                finished = done.get(timeout=left())
            except queue.Empty:
                raise _time_is_up(timeout) from None
            flying -= 1
            yield _result(finished, return_exceptions)

    def all_completed(self, futures: 'Iterable[Future[T]]',
                      timeout: 'Optional[float]' = None, *,
                      return_exceptions: bool = False) -> 'List[T]':
        """Return the results of futures, in their order.

        The first failure is raised, or with `return_exceptions` returned in
        its place. concurrent.futures.TimeoutError when time is up.

            pool.all_completed([pool.delete(key) for key in keys])
        """
        from concurrent.futures import wait
        futures, left = tuple(futures), _countdown(timeout)
        results = []
        for future in futures:
            if not wait((future,), left()).done:
                raise _time_is_up(timeout)
            results.append(_result(future, return_exceptions))
        return results

    def close(self, wait: bool = True) -> None:
        """Take no more calls (RuntimeError); wait for those that were made,
        unless `wait` is False."""
        self._closed = True
        if self._pid == os.getpid():
            if self._own is not None:
                self._own.shutdown(wait)
            elif wait:
                from concurrent.futures import wait as wait_for
                wait_for(self._waiting.copy())
        if wait:
            self.connection.close()

    def __enter__(self) -> 'Pool':
        return self

    def __exit__(self, kind: 'Optional[Type[BaseException]]',
                 error: 'Optional[BaseException]',
                 traceback: 'Optional[TracebackType]') -> None:
        if kind is not None:
            self.connection._halted = True
            for future in self._waiting.copy():     # in one step
                future.cancel()
        self.close()

    def __repr__(self) -> str:
        return '<tinys3.Pool size=%d of %r>' % (self.size, self.connection)

    def __getstate__(self) -> 'Dict[str, Any]':
        if self._foreign is not None:
            raise TypeError('a Pool with a foreign executor cannot pickle')
        return dict(self.connection._arguments, size=self.size)

    def __setstate__(self, arguments: 'Dict[str, Any]') -> None:
        self.__init__(**arguments)  # type: ignore[misc]


# ---------------------------------------------------------------------------
# Command line: python -m tinys3. Prints what was done; errors go to stderr.
# Knows: Connection's operations, checks and trees; `doctor` looks deeper.
# ---------------------------------------------------------------------------

def _say(text: str, error: bool = False) -> None:
    """Print a line, whatever the terminal can write; there may be none."""
    stream: 'Any' = sys.stderr if error else sys.stdout
    if stream is not None:
        encoding = getattr(stream, 'encoding', None) or 'utf-8'
        print(text.encode(encoding, 'backslashreplace').decode(encoding),
              file=stream, flush=True)


def _clear(name: str) -> str:
    """Write a name such that it is one line, and no command to a terminal."""
    return ''.join(
        character if character.isprintable() else character.encode(
            'unicode_escape', 'surrogatepass').decode() for character in name)


def _human(size: float) -> str:
    """Write a number of bytes as `aws s3 ls --human-readable` does."""
    if size < 1024:
        return '%d Byte%s' % (size, 's' * (int(size) != 1))
    power = 1
    while round(size / 1024 ** power) >= 1024:
        power += 1
    return '%.1f %siB' % (size / 1024 ** power, 'KMGTPEZ'[power - 1])


def _split_s3(name: str) -> 'Tuple[OptStr, str]':
    """Split s3://bucket/key; any other name is a path of no bucket."""
    found = re.match('s3://(arn:[^/]*/[^/]*|[^/]*)/?(.*)', name, re.S)
    return (found.group(1), found.group(2)) if found else (None, name)


def _last_step(bucket: 'OptStr', place: str) -> str:
    """Return what a path or a key ends in, behind the last slash."""
    return (os.path.basename(place) if bucket is None
            else place.rpartition('/')[2])


def _written(bucket: 'OptStr', place: str) -> str:
    """Write a key, or a path as seen from here."""
    if bucket is not None:
        return _clear('s3://%s/%s' % (bucket, place))
    folder, last = os.path.split(place)
    try:
        folder = os.path.relpath(folder or '.')
    except (ValueError, OSError):       # another drive, or we are nowhere
        pass
    return _clear(os.path.join(folder, last))


def _local_time(date: 'Optional[datetime.datetime]') -> str:
    """Write a time of a listing; the first and the last are none here."""
    try:
        date = date and date.astimezone()
    except (OverflowError, ValueError, OSError):
        pass
    return '%19s' % (date.strftime('%Y-%m-%d %H:%M:%S') if date else '')


class _Report(object):
    """Tells what comes of each name: a line for what was done, one on
    stderr for what failed, and on a terminal how far it is."""

    def __init__(self, options: 'argparse.Namespace') -> None:
        self._options, self.status = options, 0
        self._lock, self._all = threading.Lock(), False
        self._bytes = self._files = self._expected = self._awaited = 0
        self._began, self._drawn = time.monotonic(), 0.0
        live = sys.stderr is not None and sys.stderr.isatty() and not (
            options.quiet or options.no_progress)
        #: what is to be told of bytes, if anything
        self.progress: 'Progress' = self._moved if live else None

    def begin(self, verb: str, source: 'Callable[[str], str]',
              target: 'Callable[[str], str]') -> None:
        """Note what is done, and how to write where from and where to."""
        self._verb, self._source, self._target = verb, source, target
        self._all = False

    def _moved(self, news: int) -> None:
        with self._lock:
            self._bytes += news
            if time.monotonic() - self._drawn > 0.1:
                self.draw(self._how_far())

    def _how_far(self) -> str:
        rate = self._bytes / max(time.monotonic() - self._began, 0.001)
        about = '~' * (not self._all)
        words = [_human(self._bytes), _human(rate) + '/s']
        if self._awaited:
            words[0] += '/' + about + _human(max(self._expected, self._bytes))
            words.insert(1, '%d/%s%d files' % (
                self._files, about, self._awaited))
        if self._all and rate:
            left = int(max(0, self._expected - self._bytes) / rate + 1)
            words.append('%d:%02d:%02d left' % (
                left // 3600, left // 60 % 60, left % 60))
        return ', '.join(words)

    def draw(self, line: str) -> None:
        """Write over the line that tells how far it is, if there is any."""
        if line or self._drawn:
            import shutil
            width = shutil.get_terminal_size().columns - 1
            sys.stderr.write('\r\x1b[K' + line[:width])
            sys.stderr.flush()
        self._drawn = time.monotonic() if line else 0.0

    def hear(self, what: str, name: str, more: 'Any') -> None:
        """Take notice of what a tree tells: a size, or an error."""
        with self._lock:
            if what == 'all':
                self._all = True
            elif what in ('found', 'skipped'):
                sign = 1 if what == 'found' else -1
                self._awaited += sign
                self._expected += sign * more
            else:
                self._files += what in ('done', 'failed')
                self._write(what, name, more)

    def _write(self, what: str, name: str, error: 'Any') -> None:
        verb, where = 'delete', self._target(name)
        if what in ('done', 'failed'):
            verb, where = self._verb, '%s to %s' % (self._source(name), where)
        if what in ('failed', 'kept'):
            self.fail('%s failed: %s: %s' % (verb, where, _one_line(error)))
        elif not self._options.quiet:
            self.draw('')
            _say('%s%s: %s' % (
                '(dryrun) ' * bool(self._options.dry_run), verb, where))

    def fail(self, text: str) -> None:
        """Write on stderr what failed."""
        self.draw('')
        self.status = 1
        _say(text, True)


def _find(name: str, text: object) -> None:
    _say('%-14s %s' % (name, _clear(str(text))))


def _passes(what: str, step: 'Callable[[], object]',
            expected: object) -> bool:
    """Take a step, tell of it in a line, and say whether it went well."""
    started = time.monotonic()
    try:
        found = step()
        verdict = 'ok' if found == expected else (
            'FAILED, %.60r came back, not %.60r' % (found, expected))
    except (S3Error, OSError, ValueError) as error:
        verdict = 'FAILED, ' + _one_line(error)
    _find(what, '%5d ms  %s' % ((time.monotonic() - started) * 1000, verdict))
    return verdict == 'ok'


def _describe(conn: Connection, bucket: str) -> None:
    """Say what was found, and where: credentials, region, endpoint."""
    keys = None if conn._keys is None else conn._keys.get(conn._now())
    try:
        answer: 'Optional[Response]' = conn.head_bucket(bucket)
    except ResponseError as error:
        answer = error.response
    date = _parse_http_date(
        '' if answer is None else answer.headers.get('date', ''))
    endpoint, region = conn._endpoint(), conn._region(bucket)
    _find('credentials', 'none: requests are unsigned' if keys is None else
          '%s... from %s, expire %s' % (
              keys.access_key[:4], keys._source, 'never'
              if keys.expires_at is None else _amz_date(keys.expires_at)))
    _find('region', '%s, from %s' % (
        region, 'the answer' if bucket in conn._regions
        else conn._origins['region']))
    _find('endpoint', '%r, from %s' % (endpoint, conn._origins['endpoint']))
    _find('address', endpoint.address(region, bucket, None, {}).url)
    _find('TLS', next(conn._transport.certificates(), 'not used'
                      if endpoint.scheme == 'http' else 'unknown'))
    _find('clock', 'unknown' if date is None else
          'within %d s of the server' % (1 + abs(date - conn._clock())))
    _find('body', conn._algorithm() or 'signed, SHA-256')


def _probe(conn: Connection, bucket: str, key: str) -> None:
    """Say what the endpoint supports of what not all of them do, by what
    it should not do to an object."""
    sums = ('BadDigest', 'InvalidDigest', 'InvalidRequest', 'InvalidArgument',
            'XAmzContentChecksumMismatch')
    conditions = 'PreconditionFailed', 'ConditionalRequestConflict'
    for name, header, value, codes in (
            ('checks crc32', 'x-amz-checksum-crc32', _base64(bytes(4)), sums),
            ('checks sha256', 'x-amz-checksum-sha256', _base64(bytes(32)),
             sums),
            ('if-none-match', 'If-None-Match', '*', conditions)):
        found = 'no, it takes no notice'
        try:
            conn.upload(key, b'x', bucket, headers={header: value})
        except S3Error as error:
            found = 'yes' if getattr(error, 'code', '') in codes else (
                'unknown: ' + _one_line(error, 200))
        _find(name, found)
    _find('list version', 1 if conn._list_v1 or conn._endpoint().old_lists
          else 2)
    try:
        found = _xml(conn.request('GET', None, bucket, query={
            'versioning': ''}).content).text('Status') or 'off'
    except (S3Error, ValueError) as error:
        found = 'unknown: ' + _one_line(error, 200)
    _find('versioning', found)


def _examine(conn: Connection, bucket: str, prefix: str) -> bool:
    """Take an object through the operations; say whether all went well."""
    key = '%stinys3-doctor-%s' % (prefix, os.urandom(6).hex())
    other, data, failed = key + '-copy', os.urandom(1000), 0
    _describe(conn, bucket)
    _find('objects', key + '*')
    try:
        for what, step, expected in (
                ('upload', lambda: conn.upload(key, data, bucket, metadata={
                    'made-by': 'tinys3'}).ok, True),
                ('head', lambda: [*map(
                    conn.head(key, bucket).headers.get, (
                        'content-length', 'x-amz-meta-made-by'))],
                 ['1000', 'tinys3']),
                ('list', lambda: [entry['size'] for entry in conn.list(
                    key, bucket)], [1000]),
                ('ranged get', lambda: conn.get(
                    key, bucket, byte_range=(100, 199)).content,
                 data[100:200]),
                ('copy', lambda: [conn.copy(key, bucket, other).ok, conn.get(
                    other, bucket).content], [True, data]),
                # As a stranger would, who has nothing but the URL.
                ('presigned GET', lambda: _ask(
                    conn._transport, 'GET', conn.presign(
                        key, bucket, expires=60), {}), data)):
            failed += not _passes(what, step, expected)
        if not failed:
            _probe(conn, bucket, key)
    finally:
        failed += not _passes('delete', lambda: [
            conn.delete_many([key, other], bucket),
            conn.exists(key, bucket)], [2, False])
    _say('%d steps failed' % failed if failed else 'all is well')
    return not failed


def _examine_moto() -> bool:
    """Examine moto's S3, started here and gone afterwards."""
    try:
        from moto.server import ThreadedMotoServer  # type: ignore
    except ImportError:
        raise S3Error("--local needs moto's server (Python 3.10 or newer): "
                      "python -m pip install 'moto[server]'") from None
    import logging
    logging.getLogger('werkzeug').setLevel(logging.ERROR)
    server = ThreadedMotoServer('127.0.0.1', 0, verbose=False)
    server.start()
    try:
        with Connection(
                'testing', 'testing', region='us-east-1',
                endpoint='http://%s:%d' % server.get_host_and_port()) as conn:
            conn.create_bucket('tinys3-doctor')
            return _examine(conn, 'tinys3-doctor', '')
    finally:
        server.stop()


# The commands: each a method of _Shell, and what it takes.
_COMMANDS = {
    'ls': 's3://BUCKET[/PREFIX]', 'cp': 'PATH|s3://BUCKET/KEY',
    'mv': 'PATH|s3://BUCKET/KEY', 'sync': 'PATH|s3://BUCKET[/PREFIX]',
    'rm': 's3://BUCKET/KEY', 'cat': 's3://BUCKET/KEY',
    'stat': 's3://BUCKET/KEY', 'presign': 's3://BUCKET/KEY',
    'mb': 's3://BUCKET', 'rb': 's3://BUCKET', 'doctor': 's3://BUCKET[/PREFIX]'}


def _pairs(items: 'Optional[List[str]]', mark: str) -> 'Dict[str, str]':
    """Split what --header or --metadata was given."""
    pairs = {}
    for item in items or ():
        name, found, value = item.partition(mark)
        if not found:
            raise ValueError('%r has no %r' % (item, mark))
        pairs[name.strip()] = value.strip()
    return pairs


class _Shell(object):
    """One call of the command line. Its public methods are the commands;
    the docstring of each, with its examples, is its help."""

    def __init__(self, conn: Connection,
                 options: 'argparse.Namespace') -> None:
        self._conn, self._options, self._paths = conn, options, options.paths
        self._report = _Report(options)
        self._wants = _chooser(options.rules)
        #: the upload options, in the order of `upload_dir`
        self._properties = (
            options.expires, options.content_type, options.public or None,
            _pairs(options.header, ':'), _pairs(options.metadata, '='))

    def run(self) -> int:
        """Do what is asked for; return the exit status. Some commands do it
        with each place that is named, though others fail."""
        name, deep = self._options.command, self._options.recursive
        places: 'List[Tuple[str, ...]]' = [()]
        if name in ('cat', 'stat', 'presign', 'mb', 'rb'):
            places = [*self._places(_COMMANDS[name])]
        elif name == 'rm':      # as many keys as may go in one request
            found = self._places('s3://BUCKET' + (
                '[/KEY]' if deep else '/KEY'))
            places = [(*at[:1], *(key for _, key in group))
                      for at, group in itertools.groupby(
                          found, lambda at: at if deep else at[:1])]
        if self._options.force:     # rb: no bucket goes unless all are empty
            self._options.recursive = True
            for bucket, key in places:
                self.rm(bucket, key)
        for place in () if self._report.status else places:
            try:
                getattr(self, name)(*place)
            except (BrokenPipeError, CredentialsError):
                raise
            except (S3Error, OSError) as error:
                self._report.fail('tinys3: ' + _one_line(error))
            finally:
                self._report.draw('')
        return self._report.status

    def _places(self, shape: str) -> 'List[Tuple[str, str]]':
        """Split the names, which have to be of one shape."""
        places = []
        for name in self._paths:
            bucket, key = _split_s3(name)
            if not bucket or not shape.endswith(']') and (
                    bool(key) != shape.endswith('KEY')):
                raise ValueError('%r: write %s' % (name, shape))
            places.append((bucket, key))
        if not places:
            raise ValueError('name one or more: ' + shape)
        return places

    # Listings

    def ls(self) -> None:
        """List buckets, or what begins with a prefix; 1 if nothing does.

        tinys3 ls                                 # buckets
        tinys3 ls s3://photos/2013/c              # what begins with c
        tinys3 ls -r --json s3://photos | jq .size
        """
        if not self._paths or self._paths == ['s3://']:
            for entry in self._conn.list_buckets():
                self._show(entry, '%s %s' % (
                    _local_time(entry['creation_date']),
                    _clear(entry['name'])))
            return
        (bucket, prefix), = self._places('s3://BUCKET[/PREFIX]')
        human: 'Callable[[int], str]' = (
            _human if self._options.human_readable else str)
        delimiter = None if self._options.recursive else '/'
        count = total = 0
        # Of each page the prefixes come first.
        for page in _batches(self._conn.list(
                prefix, bucket, delimiter=delimiter)):
            for entry in sorted(page, key=lambda it: it['size'] is not None):
                size, name = entry['size'], entry['key']
                count, total = count + 1, total + (size or 0)
                if delimiter:       # the last step of it
                    name = '/'.join(name.split('/')[
                        -2 if size is None else -1:])
                self._show(entry, '%s %10s %s' % (
                    _local_time(entry['last_modified']), 'PRE'
                    if size is None else human(size), _clear(name)))
        if self._options.summarize:
            _say('\nTotal Objects: %d\n   Total Size: %s' % (
                count, human(total)))
        self._report.status = int(bool(prefix) and not count)

    def _show(self, entry: 'Entry', text: str) -> None:
        """Write an entry as text, or as a line for programs."""
        if self._options.json:
            import json
            text = json.dumps({
                name: value.isoformat() if hasattr(value, 'isoformat')
                else value for name, value in entry.items()})
        _say(text)

    def stat(self, bucket: str, key: str) -> None:
        """Tell all about objects.

        tinys3 stat s3://photos/cat.jpg --json
        """
        import datetime
        found = self._conn.head(key, bucket)
        get = found.headers.get
        date = _parse_http_date(get('last-modified', ''))
        entry = {
            'bucket': bucket, 'key': key, 'size': _extent(found)[1],
            'etag': found.etag,
            'last_modified': date and datetime.datetime.fromtimestamp(
                date, datetime.timezone.utc),
            'content_type': get('content-type'),
            'storage_class': get('x-amz-storage-class', 'STANDARD'),
            'version_id': found.version_id}
        rows = [(name.replace('_', ' '), str(value))
                for name, value in entry.items() if value is not None] + [
            ('metadata', '%s=%s' % pair) for pair in found.metadata.items()]
        self._show(dict(entry, metadata=found.metadata), '\n'.join(
            '%-13s  %s' % (name, _clear(value)) for name, value in rows))

    # Transfers

    def cp(self) -> None:
        """Copy files and objects: up, down, or within S3.

        tinys3 cp cat.jpg s3://photos/2013/       # as 2013/cat.jpg
        tinys3 cp s3://photos/2013/cat.jpg .
        tinys3 cp -r site s3://www/ --exclude '*' --include '*.html'
        tar c . | tinys3 cp - s3://backup/k.tar   # - is stdin or stdout
        tinys3 cp -r s3://www/ s3://www-copy/     # on the server's side
        """
        if len(self._paths) < 2:
            raise ValueError('name a source and a target')
        *sources, target = self._paths
        if len(sources) > 1 and (
                self._options.recursive or '-' in self._paths):
            raise ValueError('-r takes one folder or prefix, - goes alone')
        if not target.startswith('s3://') and any(self._properties):
            raise ValueError('a file has none of the properties of an '
                             'object: leave the options for them out')
        if '-' in self._paths:
            self._stream(sources[0], target)
        elif self._options.recursive:
            self._carry(_split_s3(sources[0]), _split_s3(target))
        else:
            self._carry_files(sources, target)

    def mv(self) -> None:
        """Copy, then delete the source of what arrived.

        tinys3 mv a.log b.log s3://logs/2013/
        tinys3 mv -r s3://logs/2013 s3://old/2013
        """
        self.cp()

    def sync(self) -> None:
        """Copy what changed in a folder or below a prefix.

        tinys3 sync site s3://www --delete --exclude '.git/*'
        tinys3 sync s3://www site --dry-run
        """
        if len(self._paths) != 2 or '-' in self._paths:
            raise ValueError('name a folder and s3://bucket/prefix, or two of '
                             'these')
        self._options.recursive = True
        self.cp()

    def _stream(self, source: str, target: str) -> None:
        """Upload standard input, or download to standard output."""
        bucket, key = _split_s3(source if target == '-' else target)
        if self._options.command == 'mv' or self._options.recursive or (
                bucket is None):
            raise ValueError('- goes with cp, and one s3://bucket/key')
        if target == '-':
            if not self._options.dry_run:
                self.cat(bucket, key, self._report.progress)
            return
        if key[-1:] in ('', '/'):
            raise ValueError('name the key that standard input shall have')
        expires, kind, public, headers, metadata = self._properties
        self._report.begin('upload', str, lambda name: _clear(target))
        if not self._options.dry_run:
            self._conn.upload(
                key, getattr(sys.stdin, 'buffer', None), bucket, expires, kind,
                public, headers, False, metadata=metadata,
                progress=self._report.progress)
        self._report.hear('done', '-', None)

    def cat(self, bucket: str, key: str,
            progress: 'Progress' = None) -> None:
        """Write objects to standard output.

        tinys3 cat s3://logs/a.gz s3://logs/b.gz | zcat
        """
        out: 'Any' = getattr(sys.stdout, 'buffer', None)    # None if closed
        self._conn.download(key, out, bucket, progress=progress)
        out.flush()

    def _carry_files(self, sources: 'Sequence[str]', target: str) -> None:
        """Transfer what is named singly; in a folder they keep their names."""
        bucket, folder = _split_s3(target)
        new_name = ''
        if folder[-1:] not in ('', '/', os.sep) and (
                bucket is not None or not os.path.isdir(folder)):
            if len(sources) > 1:
                raise ValueError('the target of several is a folder: end it '
                                 'in /')
            new_name = _last_step(bucket, folder)
            folder = folder[:-len(new_name)]
        found: 'Dict[OptStr, Dict[str, str]]' = {}
        taken: 'Set[str]' = set()
        for source in sources:
            home, path = _split_s3(source)
            step = _last_step(home, path)
            if not step or home is None and os.path.isdir(path):
                raise ValueError('%s is a folder: -r transfers what is in it'
                                 % source)
            name = new_name or (
                step if bucket is not None else _local_name(step))
            place = name if bucket is not None or (
                not _takes_no_notice_of_case()) else _fold(name)
            if place in taken or self._options.command == 'mv' and (
                    (home, path) == (bucket, folder + name)):
                raise ValueError('%s would replace itself or another' % source)
            if self._wants(step):
                taken.add(place)
                found.setdefault(home, {})[name] = path
        for home, only in found.items():
            self._carry((home, ''), (bucket, folder), only)

    def _carry(self, source: 'Tuple[OptStr, str]',
               target: 'Tuple[OptStr, str]',
               only: 'Optional[Mapping[str, str]]' = None) -> None:
        """Transfer what is in a folder or below a prefix, or `only` some,
        by the names they will have."""
        (from_bucket, base), (to_bucket, goal) = source, target
        conn, report, move = (
            self._conn, self._report, self._options.command == 'mv')
        if from_bucket is None and to_bucket is None:
            raise ValueError('one of source and target must be s3://bucket')
        if only is None and move and from_bucket == to_bucket and (
                _as_folder(base) == _as_folder(goal)):
            raise ValueError('source and target are the same')
        report.begin(
            'move' if move else 'download' if to_bucket is None
            else 'upload' if from_bucket is None else 'copy',
            lambda name: _written(from_bucket, (only or {}).get(
                name, _as_folder(base) + name)),
            lambda name: _written(to_bucket, _as_folder(goal) + name))
        how = dict(vars(self._options), only=only, move=move,
                   every=self._options.command != 'sync', told=report.hear,
                   progress=report.progress, needed=_needed(
                       _checked_headers(self._properties[3]), True))
        tree: _Tree
        if to_bucket is None:
            tree = _TreeDown(conn, how, conn._bucket(from_bucket), base, goal)
        elif from_bucket is None:
            tree = _TreeUp(conn, how, conn._bucket(to_bucket), goal, base,
                           *self._properties)
        else:
            tree = _Tree(conn, how, conn._bucket(to_bucket), goal,
                         (conn._bucket(from_bucket), base),
                         self._copier(from_bucket, to_bucket))
        if tree.run().failed and self._options.delete:
            report.fail('tinys3: not everything went through, so nothing '
                        'was deleted, or not all')

    def _copier(self, from_bucket: str,
                to_bucket: str) -> 'Callable[[str, str], Response]':
        """Return what copies between buckets, with the upload options."""
        self._conn._new_object('a', to_bucket, *self._properties)   # refuses
        expires, content_type, public, headers, metadata = self._properties
        changes = {} if content_type is None else {
            'content-type': content_type}
        if expires is not None:
            changes['cache-control'] = _cache_control(expires, public)
        changes.update(_metadata_headers(metadata))
        return lambda key, goal: self._conn.copy(
            key, from_bucket, goal, to_bucket, changes or None, public,
            headers=headers)

    # Links, deletions, buckets

    def presign(self, bucket: str, key: str) -> None:
        """Write links that are good for a while.

        tinys3 presign s3://photos/cat.jpg --expires-in 86400
        """
        _say(self._conn.presign(key, bucket, expires=self._options.expires_in))

    def rm(self, bucket: str, *keys: str) -> None:
        """Delete objects.

        tinys3 rm s3://photos/a.jpg s3://photos/b.jpg
        tinys3 rm -r s3://photos/2013 --exclude '*' --include '*.tmp'
        """
        self._report.begin(
            'delete', str, functools.partial(_written, bucket))
        for key, error in _delete_all(
                self._conn, bucket, itertools.chain.from_iterable(
                    self._named(bucket, key) for key in keys),
                self._options.dry_run):
            self._report.hear('kept' if error else 'deleted', key, error)

    def _named(self, bucket: str, key: str) -> 'Iterator[str]':
        """Yield the key, or those below it, unless they are excluded."""
        names: 'Any' = [(_last_step(bucket, key), {'key': key})]
        if self._options.recursive:
            names = _list_below(self._conn, bucket, _as_folder(key))
        return (entry['key'] for name, entry in names if self._wants(name))

    def mb(self, bucket: str, key: str) -> None:
        """Make buckets.

        tinys3 mb s3://photos --region eu-west-1
        """
        self._conn.create_bucket(bucket)
        _say('make_bucket: ' + bucket)

    def rb(self, bucket: str, key: str) -> None:
        """Remove buckets.

        tinys3 rb s3://photos --force             # with all that is in it
        """
        self._conn.delete_bucket(bucket)
        _say('remove_bucket: ' + bucket)

    def doctor(self) -> None:
        """Make a round trip and print a line a step; 1 if a step failed.

        tinys3 doctor s3://photos --endpoint-url http://localhost:9000
        """
        if self._options.local == bool(self._paths):
            raise ValueError('name either s3://bucket or --local')
        well = _examine_moto() if self._options.local else _examine(
            self._conn, *self._places('s3://BUCKET[/PREFIX]')[0])
        self._report.status = int(not well)


# The options: who takes them (in order), their names, what they take
# (nothing, a value, several of them), what they are for.
_OPTIONS = r"""
all|--endpoint-url|URL|the service, if it is not AWS
all|--region|NAME|its region
all|--profile|NAME|a profile of ~/.aws
all|--no-sign-request||send unsigned requests
cp mv rm ls|-r --recursive||all that is in a folder or below a prefix
sync|--delete||delete what the source has not
sync|--checksum||compare by MD5, not by size and time
cp mv sync rm|--include|PATTERN...|take what matches (the last one decides)
cp mv sync rm|--exclude|PATTERN...|leave out what matches
cp mv sync rm|--dry-run --dryrun||only tell what would be done
cp mv sync rm|--quiet --only-show-errors||tell only what failed
cp mv sync|--no-progress||no line on a terminal that tells how far it is
cp mv sync|--public||let everybody read it
cp mv sync|--expires|SECONDS|let it be cached so long; max is a year
cp mv sync|--content-type|TYPE|else guessed from the key
cp mv sync|--cache-control|VALUE...|that of S3
cp mv sync|--storage-class|VALUE...|that of S3
cp mv sync|--acl|VALUE...|that of S3
cp mv sync|--metadata|NAME=VALUE...|metadata to store
cp mv sync|--header|NAME:VALUE...|a header to send
ls stat|--json||one JSON object a line
ls|--human-readable||sizes as 1.5 MiB
ls|--summarize||end with the sums
presign|--expires-in|SECONDS|an hour if unsaid, 7 days at most
rb|--force||delete what is in it first
doctor|--local||use a throwaway S3 on this machine (moto)
"""

# What is not just a value: under which name, and what is made of it.
_MEANINGS: 'Dict[str, Tuple[str, Callable[[str], Any]]]' = {
    '--include': ('rules', lambda text: (True, text)),
    '--exclude': ('rules', lambda text: (False, text)),
    '--cache-control': ('metadata', 'Cache-Control={}'.format),
    '--storage-class': ('metadata', 'x-amz-storage-class={}'.format),
    '--acl': ('metadata', 'x-amz-acl={}'.format),
    '--expires': ('expires', lambda text: (
        int(text) if text.isdecimal() else text)),
    '--expires-in': ('expires_in', int)}
# What is so for the commands that do not take the option.
_UNSAID = dict.fromkeys((
    'recursive', 'dry_run', 'quiet', 'no_progress', 'delete', 'checksum',
    'expires', 'content_type', 'public', 'header', 'metadata', 'force'))


def _add_options(add: 'Callable[..., Any]', taker: str,
                 **more: 'Any') -> None:
    for line in _OPTIONS.strip().split('\n'):
        takers, names, value, text = line.split('|')
        if taker in takers.split():
            how = dict(more, help=text, action='store_true')
            if value:
                how.update(metavar=value.replace('...', ''), action='append'
                           if value.endswith('...') else 'store')
            if names in _MEANINGS:
                how['dest'], how['type'] = _MEANINGS[names]
            add(*names.split(), **how)


def _parsed(argv: 'Optional[Sequence[str]]') -> 'argparse.Namespace':
    """Read the command line; options may stand among the paths."""
    import argparse
    parser = argparse.ArgumentParser(
        prog='tinys3', description='Quick and minimal S3.',
        epilog='Exit status: 0 done, 1 failed, 2 wrong usage, '
               '130 interrupted. tinys3 COMMAND -h has examples.')
    parser.add_argument('--version', action='version',
                        version='tinys3 ' + __version__)
    _add_options(parser.add_argument, 'all')
    commands = parser.add_subparsers(dest='command', metavar='COMMAND')
    commands.required = True
    for name, paths in _COMMANDS.items():
        what, _, examples = str(getattr(_Shell, name).__doc__).partition('\n')
        made = commands.add_parser(
            name, help=what[0].lower() + what[1:-1], description=what,
            epilog='\n  '.join(['examples:'] + [
                line.strip() for line in examples.strip().split('\n')]),
            formatter_class=argparse.RawDescriptionHelpFormatter)
        made.set_defaults(rules=[], expires_in=3600, **_UNSAID)
        made.add_argument('paths', nargs='*', metavar=paths)
        _add_options(made.add_argument, 'all', default=argparse.SUPPRESS)
        _add_options(made.add_argument, name)
    options, rest = parser.parse_known_args(argv)
    wrong = [word for word in rest if word.startswith('-') and word != '-']
    if wrong:
        parser.error('unrecognized arguments: ' + ' '.join(wrong))
    options.paths = [*options.paths, *rest]
    if options.command in ('ls', 'doctor') and len(options.paths) > 1:
        parser.error('one s3://bucket/prefix at a time')
    return options


def main(argv: 'Optional[Sequence[str]]' = None) -> int:
    """Run the command line, of sys.argv if None; return the exit status.

    0 is done, 1 that the service or network failed, 2 wrong usage, 130
    interrupted.

        tinys3.main(['ls', 's3://photos/2013/'])
    """
    try:
        options = _parsed(argv)
        with Connection(
                endpoint=options.endpoint_url, region=options.region,
                profile=options.profile,
                anonymous=options.no_sign_request) as conn:
            return _Shell(conn, options).run()
    except SystemExit as stop:
        return int(stop.code or 0)
    except BrokenPipeError:
        # The reader had enough; nothing may be written at exit any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (S3Error, OSError, ValueError, TypeError) as error:
        _say('tinys3: %s' % _one_line(error), True)
        return 1 if isinstance(error, (S3Error, OSError)) else 2
    except KeyboardInterrupt:
        _say('tinys3: interrupted', True)
        return 130


if __name__ == '__main__':
    sys.exit(main())
