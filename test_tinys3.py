"""The tests of tinys3, room by room as in the module.

Behaviour is tested over a socket against a real server: moto's, or the one
that TINYS3_TEST_ENDPOINT, TINYS3_TEST_ACCESS_KEY, TINYS3_TEST_SECRET_KEY and
TINYS3_TEST_REGION name. Faults come from a scripted server of raw sockets,
which checks every signature with a signer of its own.
"""
import _thread
import array
import ast
import base64
import calendar
import codecs
import collections
import concurrent.futures
import contextlib
import csv
import datetime
import email.utils
import errno
import functools
import gc
import gzip
import hashlib
import hmac
import http.client
import importlib.util
import inspect
import io
import itertools
import json
import mimetypes
import logging
import mmap
import os
import pickle
import pickletools
import random
import re
import select
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import traceback
import urllib.parse
import urllib.request
import uuid
import warnings
import weakref
import zipfile
import zlib
from copy import deepcopy

import pytest

import tinys3

pytestmark = pytest.mark.filterwarnings('error')
each = pytest.mark.parametrize

HERE = os.path.dirname(os.path.abspath(__file__))
for name in list(os.environ):       # no server here is behind a proxy
    if name.lower().endswith('_proxy'):
        del os.environ[name]
ACCESS, SECRET = 'AKIDEXAMPLE', 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
EMPTY_SHA = hashlib.sha256(b'').hexdigest()
NOW = 1369353600.0          # 2013-05-24T00:00:00Z, the day of S3's examples


# ---------------------------------------------------------------------------
# Workshop: servers, signer, clock, files
# ---------------------------------------------------------------------------

Server = collections.namedtuple('Server', 'name endpoint access secret region')

# What a server is known not to do, each by its reason. A test that needs it
# says so with `needs(server, ...)` and is skipped by that reason.
CANNOT = {
    'moto': {
        'check signatures': 'moto checks no signature',
        'line breaks': "moto's router finds no key with a line break",
        'acl of parts': 'moto answers 500 to GET ?acl of an object made in '
                        'parts',
    },
    'seaweedfs': {
        'backslashes': 'SeaweedFS takes a backslash for a slash',
        'odd keys': 'SeaweedFS normalises or refuses //, ./, ../ and a '
                    'trailing / in keys',
        'acl': 'SeaweedFS grants nobody anything by an ACL',
        'payload digests': 'SeaweedFS does not check x-amz-content-sha256',
    },
    'juicefs': {
        'line breaks': 'JuiceFS refuses control characters in keys',
        'odd keys': 'JuiceFS maps keys to files: no //, ./, ../, and a '
                    'trailing / is a folder',
        'acl': 'JuiceFS has no ACLs',
        'object headers': 'JuiceFS keeps user metadata only',
        'storage class': 'JuiceFS has one storage class',
        'conditional put': 'JuiceFS ignores If-None-Match',
        'checksums': 'JuiceFS ignores x-amz-checksum-*',
        'versions': 'JuiceFS keeps no versions',
        'batches': 'JuiceFS keeps the folders of what DeleteObjects deletes',
    },
}


def needs(server, *abilities):
    """Skip the test if the server lacks an ability, with the reason."""
    for ability in abilities:
        reason = CANNOT.get(server.name, {}).get(ability)
        if reason:
            pytest.skip('%s: %s' % (server.name, reason))


def free_port():
    with contextlib.closing(socket.socket()) as sock:
        sock.bind(('127.0.0.1', 0))
        return sock.getsockname()[1]


def wait_for(port, process):
    for _ in range(600):
        try:
            socket.create_connection(('127.0.0.1', port), 1).close()
            return
        except OSError:
            assert process.poll() is None, "moto's server ended"
            time.sleep(0.1)
    raise AssertionError("moto's server does not answer")


def name_of(endpoint):
    """Tell a server by what it says of itself."""
    try:
        answer = urllib.request.urlopen(endpoint, timeout=30)
    except urllib.error.HTTPError as error:
        answer = error
    with contextlib.closing(answer):
        said = answer.headers.get('Server', '').lower()
    for mark, name in (('werkzeug', 'moto'), ('seaweed', 'seaweedfs'),
                       ('minio', 'juicefs')):
        if mark in said:
            return name
    return said or 'unknown'


@pytest.fixture(scope='session')
def server():
    """The S3 that behaviour is tested against."""
    endpoint = os.environ.get('TINYS3_TEST_ENDPOINT')
    if endpoint:
        yield Server(name_of(endpoint), endpoint,
                     os.environ['TINYS3_TEST_ACCESS_KEY'],
                     os.environ['TINYS3_TEST_SECRET_KEY'],
                     os.environ.get('TINYS3_TEST_REGION', 'us-east-1'))
        return
    pytest.importorskip('moto', reason='moto is not installed, and '
                        'TINYS3_TEST_ENDPOINT names no server')
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, '-m', 'moto.server', '-H', '127.0.0.1', '-p',
         str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        yield Server('moto', 'http://127.0.0.1:%d' % port, 'testing',
                     'testing', 'us-east-1')
    finally:
        process.terminate()
        process.wait()


def connect(server, **more):
    """Make a Connection to a server."""
    options = dict(endpoint=server.endpoint, region=server.region)
    options.update(more)
    return tinys3.Connection(server.access, server.secret, **options)


def empty(conn):
    """Delete all objects; on JuiceFS a folder shows when what was in it is
    gone, and goes only alone."""
    for _ in range(20):
        left = [entry['key'] for entry in conn.list()]
        if not left:
            break
        for key in left:
            conn.delete(key)


@contextlib.contextmanager
def new_bucket(server):
    """Lend a bucket of its own name, emptied and deleted afterwards."""
    name = 'tinys3-%s' % uuid.uuid4().hex
    with connect(server, default_bucket=name) as conn:
        conn.create_bucket(name)
        try:
            yield name
        finally:
            empty(conn)
            conn.delete_bucket()


@pytest.fixture(scope='session')
def shared_bucket(server):
    with new_bucket(server) as name:
        yield name


@pytest.fixture
def bucket(server):
    with new_bucket(server) as name:
        yield name


@pytest.fixture
def conn(server, shared_bucket):
    """A Connection to a bucket that other tests use too: name keys apart."""
    with connect(server, default_bucket=shared_bucket) as made:
        yield made


@pytest.fixture
def key():
    return 'key-%s' % uuid.uuid4().hex


@pytest.fixture(scope='session', autouse=True)
def older_things_stay():
    """Let the collector leave alone what the whole run keeps."""
    getattr(gc, 'freeze', int)()


@pytest.fixture(scope='session')
def no_home(tmp_path_factory):
    """Where there is no home, nor any settings in it."""
    return tmp_path_factory.mktemp('away') / 'home'


@pytest.fixture(autouse=True)
def no_configuration(monkeypatch, no_home):
    """Keep the machine's own AWS settings out of the tests."""
    for name in list(os.environ):
        if name.startswith(('AWS_', 'SSL_CERT_')):
            monkeypatch.delenv(name)
    monkeypatch.setenv('HOME', str(no_home))
    monkeypatch.setenv('USERPROFILE', str(no_home))


@pytest.fixture
def home(monkeypatch, tmp_path):
    """Give the user a home of this test's own."""
    monkeypatch.setenv('HOME', str(tmp_path / 'home'))
    monkeypatch.setenv('USERPROFILE', str(tmp_path / 'home'))
    (tmp_path / 'home' / '.aws').mkdir(parents=True)
    return tmp_path / 'home'


# What is secret in these tests: keys, tokens, passwords, signatures.
SECRETS = re.compile(
    r'wJalrXUtnFEMI|hunter[23]|the(?:\+|%%2B)token|jane:secret|S0VZ\b|rd%%25|'
    r'%s|%s|SECRET/\+|Signature=[0-9a-f]{16}|AWS4-HMAC-SHA256 Cred|'
    r'Security-Token=[^.]|Proxy-Authorization: ' % (
        'pass:w/rd%', 'amFuZTpzZWNyZXQ'))


class Leaks(logging.Filter):
    """Looks for secrets in all that the module says, of its own accord: in
    each line of its log, at any level, in each error and the causes in its
    traceback, pickled too, in the URL of each answer, in each warning, and
    in what the command line prints, but for the URLs it was asked for."""
    LEVEL = 9       # below DEBUG, for a test that wants DEBUG to tell

    def __init__(self):
        super().__init__()
        self.found, self.seen = [], collections.Counter()
        self.log = logging.getLogger('tinys3')

    def look(self, kind, text):
        self.seen[kind] += 1
        secret = SECRETS.search(text)
        if secret:
            self.found.append('%s has %r: %.300s' % (
                kind, secret.group(), text))

    def filter(self, record):
        """Look at a record; let through what is seen without us."""
        self.look('a log line', self.log_format.format(record))
        level = self.log.level
        return record.levelno >= (
            logging.root.level if level == self.LEVEL else level)

    log_format = logging.Formatter('%(message)s %(args)s')

    def look_at_error(self, error):
        """Look at an error that was raised and has served its turn."""
        if error.__traceback__ is None:
            return
        said, seen = [repr(vars(error)), repr(error.args)], set()
        while error is not None and id(error) not in seen:
            seen.add(id(error))
            if isinstance(error, tinys3.S3Error):
                said += traceback.format_exception_only(type(error), error)
                answered = getattr(error, 'response', None)
                if getattr(answered, '_content', b'') is not None:
                    said.append(pickle.dumps(error, 2).decode('latin-1'))
            error = error.__cause__ or (
                None if error.__suppress_context__ else error.__context__)
        self.look('an error', '\n'.join(said))

    def look_at_response(self, response):
        """Look at an answer that nobody needs any more."""
        self.look('a response', response.url + repr(response))

    def warn(self, message, *more, **options):
        """Look at a warning on its way."""
        self.look('a warning', str(message))
        options['stacklevel'] = options.get('stacklevel', 1) + 1
        self._warn(message, *more, **options)

    def say(self, text, *more):
        """Look at a line that the command line prints."""
        if not text.startswith(('http://', 'https://')):
            self.look('a printed line', text)
        self._say(text, *more)

    def __enter__(self):
        self._warn, warnings.warn = warnings.warn, self.warn
        self._say, tinys3._say = tinys3._say, self.say
        self.log.addFilter(self)
        self.log.setLevel(self.LEVEL)
        # Who logs would get a Thread object, which stays, if it has none.
        logging.logThreads = False
        if sys.implementation.name == 'cpython':    # PyPy does not call them
            tinys3.S3Error.__del__ = lambda error: self.look_at_error(error)
            tinys3.Response.__del__ = lambda answered: self.look_at_response(
                answered)
        return self

    def __exit__(self, *exception):
        warnings.warn, tinys3._say = self._warn, self._say
        self.log.removeFilter(self)
        self.log.setLevel(logging.NOTSET)
        logging.logThreads = True
        if sys.implementation.name == 'cpython':
            del tinys3.S3Error.__del__, tinys3.Response.__del__


@pytest.fixture(scope='session')
def leaks():
    with Leaks() as watching:
        yield watching


@pytest.fixture(autouse=True)
def no_secret_gets_out(leaks):
    """Fail the test in which a secret got out, or the next one."""
    yield
    found, leaks.found = leaks.found, []
    assert not found, found


Asked = collections.namedtuple('Asked', 'method target headers body')


def answer(status=200, body=b'', headers=(), reason='OK', length=None):
    """Write an HTTP answer; an empty success has an ETag, as S3's have."""
    lines = ['HTTP/1.1 %d %s' % (status, reason)]
    lines += ['%s: %s' % header for header in dict(headers).items()]
    if status == 200 and not body and 'ETag' not in dict(headers):
        lines.append('ETag: "e"')
    if length is not False:
        lines.append('Content-Length: %d' % (
            len(body) if length is None else length))
    return '\r\n'.join(lines + ['', '']).encode('latin-1') + body


def error_answer(status, code, message='No.', more='', headers=()):
    """Write an error as S3 does."""
    return answer(status, (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>%s</Code>'
        '<Message>%s</Message>%s<RequestId>REQ1</RequestId></Error>'
        % (code, message, more)).encode(),
        dict({'Content-Type': 'application/xml'}, **dict(headers)))


class Script(object):
    """A server on a raw socket that gives the answers of a script.

    An answer is bytes, sent as they are; None, to hang up; or a function
    called with the socket and the request. The request is read whole first,
    unless the function has the attribute `early`, when only its head is.
    `requests` are those that came, `connections` how many sockets. Every
    signature is checked, unless `service` is None; what is wrong fails the
    test at the end.
    """

    def __init__(self, *answers, tls=None, secret=SECRET, service='s3'):
        self.answers = collections.deque(answers)
        self.requests, self.connections, self.wrong = [], 0, []
        self.clients = []
        self.secret, self.service = secret, service
        self._tls = tls
        self._open = []
        self._lock = threading.Lock()
        self._sock = socket.socket()
        self._sock.bind(('127.0.0.1', 0))
        self._sock.listen(128)
        self.port = self._sock.getsockname()[1]
        self.endpoint = '%s://127.0.0.1:%d' % (
            'https' if tls else 'http', self.port)
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        self.close()
        if kind is None:
            assert not self.wrong, self.wrong

    def close(self):
        for client in self.clients:
            client.close()
        self.vanish()
        for thread in self._threads:
            thread.join(10)

    def vanish(self):
        """Hang up, and let nobody in any more."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()
        with self._lock:
            for sock in self._open:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        while True:
            try:
                sock = self._sock.accept()[0]
            except OSError:
                return
            # Or Nagle holds an early answer behind TLS's session tickets.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(
                target=self._serve, args=(sock,), daemon=True)
            with self._lock:
                self.connections += 1
                self._open.append(sock)
                thread.start()      # or it could not be joined
                self._threads.append(thread)

    def _serve(self, sock):
        try:
            if self._tls:
                plain, sock = sock, self._tls.wrap_socket(
                    sock, server_side=True)
                with self._lock:
                    self._open[self._open.index(plain)] = sock
            while self._exchange(sock):
                pass
        except OSError:
            pass
        finally:
            with self._lock:
                self._open.remove(sock)
            sock.close()

    def _exchange(self, sock):
        head = self._read_head(sock)
        if not head:
            return False
        lines = head.decode('latin-1').split('\r\n')
        method, target, _ = lines[0].split(' ')
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(': ')
            headers[name.lower()] = value
        with self._lock:
            reply = self.answers.popleft() if self.answers else None
        body = b''
        if not getattr(reply, 'early', False):
            body = self._read(sock, int(headers.get('content-length', 0)))
        asked = Asked(method, target, headers, body)
        with self._lock:
            self.requests.append(asked)
        if not getattr(reply, 'early', False):
            self._check(asked)
        if reply is None:
            return False
        if callable(reply):
            return reply(sock, asked)
        sock.sendall(reply)
        return b'onnection: close' not in reply

    @staticmethod
    def _read_head(sock):
        """Read a head and no byte more, as an early answer may do without
        the body: by looking ahead, which TLS can only do in single bytes."""
        head = b''
        while not head.endswith(b'\r\n\r\n'):
            size = 1
            if not isinstance(sock, ssl.SSLSocket):
                seen = head[-3:] + sock.recv(65536, socket.MSG_PEEK)
                end = seen.find(b'\r\n\r\n') + 4
                size = (end if end > 3 else len(seen)) - len(head[-3:])
            data = sock.recv(size or 1)
            if not data:
                return b''
            head += data
        return head[:-4]

    @staticmethod
    def _read(sock, size):
        body, done = memoryview(bytearray(size)), 0
        while done < size:
            count = sock.recv_into(body[done:])
            if not count:
                break
            done += count
        return bytes(body[:done])

    def _check(self, asked):
        if (self.service is None or 'authorization' not in asked.headers
                or len(asked.body) < int(
                    asked.headers.get('content-length', 0))):
            return          # unsigned, or broken off
        fault = wrong_signature(asked, self.secret, self.service)
        if fault:
            self.wrong.append((asked.method, asked.target, fault))


def early(function):
    """Mark an answer that does not wait for the body."""
    function.early = True
    return function


def wrong_signature(asked, secret, service='s3'):
    """Check a signed request: an independent reading of the manual
    ("Signature Calculations for the Authorization Header")."""
    found = re.match(
        r'AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/%s/aws4_request'
        r', SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$' % service,
        asked.headers['authorization'])
    if not found:
        return 'malformed Authorization'
    _, day, region, names, signature = found.groups()
    actual = hashlib.sha256(asked.body).hexdigest()
    stated = asked.headers.get(
        'x-amz-content-sha256', None if service == 's3' else actual)
    if stated not in (actual, 'UNSIGNED-PAYLOAD'):
        return 'x-amz-content-sha256 is not that of the body'
    unsigned = [name for name in asked.headers if name not in names.split(';')
                and (name.startswith('x-amz-')
                     or name in ('host', 'content-type', 'content-md5'))]
    if unsigned:
        return 'not signed: %s' % unsigned
    path, _, query = asked.target.partition('?')
    fields = sorted(
        (field + '=').split('=')[:2] for field in query.split('&') if field)
    canonical = '\n'.join(
        [asked.method, path, '&'.join('='.join(field) for field in fields)]
        + [name + ':' + re.sub(' +', ' ', asked.headers[name].strip())
           for name in names.split(';')] + ['', names, stated])
    date = asked.headers['x-amz-date']
    if not date.startswith(day):
        return 'the scope is of another day'
    key = b'AWS4' + secret.encode()
    for word in (day, region, service, 'aws4_request'):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    text = '\n'.join((
        'AWS4-HMAC-SHA256', date,
        '%s/%s/%s/aws4_request' % (day, region, service),
        hashlib.sha256(canonical.encode()).hexdigest()))
    expected = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return None if expected == signature else 'wrong signature'


def scripted(script, **more):
    """Make a Connection to a script, which never really sleeps: `naps` has
    the seconds it would have slept."""
    options = dict(endpoint=script.endpoint, region='us-east-1',
                   default_bucket='bucket', timeout=10)
    options.update(more)
    keys = () if 'credentials' in more else (ACCESS, SECRET)
    conn = tinys3.Connection(*keys, **options)
    conn.naps = []
    conn._sleep = conn.naps.append
    script.clients.append(conn)
    return conn


def wait_until(condition):
    """Wait for what another thread or process does."""
    end = time.monotonic() + 30
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    assert condition()


class OnlyRead(object):
    """A source with nothing but `read`, which returns less than asked."""

    def __init__(self, data, most=1000):
        self._file, self._most = io.BytesIO(data), most

    def read(self, size=-1):
        return self._file.read(min(size, self._most) if size >= 0 else -1)


class Unseekable(io.BytesIO):
    """A file that says it can seek, and cannot."""

    def seek(self, *args):
        raise OSError('no')


@contextlib.contextmanager
def talk(*answers, **more):
    """Lend a Connection to a script of answers, and the script."""
    with Script(*answers, tls=more.pop('server_tls', None)) as script:
        with scripted(script, **more) as conn:
            yield conn, script


def only_request(call, reply=None, **options):
    """Return the one request that a call makes."""
    with talk(reply or answer(), **options) as (conn, script):
        call(conn)
    asked, = script.requests
    return asked


# ---------------------------------------------------------------------------
# Known answers: the manual's examples, and botocore's signatures
# ---------------------------------------------------------------------------

# "Examples: Signature Calculations" and "Authenticating Requests: Using
# Query Parameters" in S3's API reference.
EXAMPLE = tinys3.Credentials(
    'AKIAIOSFODNN7EXAMPLE', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY')
SCOPE = 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request'
SITE = 'https://examplebucket.s3.amazonaws.com'
each_example = each('method, path, headers, body, names, signature', [
    ('GET', '/test.txt', {'Range': 'bytes=0-9'}, b'',
     'host;range;x-amz-content-sha256;x-amz-date',
     'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41'),
    ('PUT', '/test%24file.text',
     {'Date': 'Fri, 24 May 2013 00:00:00 GMT',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY'}, b'Welcome to Amazon S3.',
     'date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class',
     '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd'),
    ('GET', '/?lifecycle', {}, b'',
     'host;x-amz-content-sha256;x-amz-date',
     'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543'),
    ('GET', '/?max-keys=2&prefix=J', {}, b'',
     'host;x-amz-content-sha256;x-amz-date',
     '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7')])


def published(headers, body, names, signature):
    """Write the headers that the manual gives for an example."""
    return dict(headers, **{
        'X-Amz-Date': '20130524T000000Z',
        'X-Amz-Content-Sha256': hashlib.sha256(body).hexdigest(),
        'Authorization': 'AWS4-HMAC-SHA256 Credential=%s, SignedHeaders=%s, '
                         'Signature=%s' % (SCOPE, names, signature)})


def signed_names(sent):
    return re.search('SignedHeaders=([^,]+)', sent['Authorization']).group(1)


@each_example
def test_sign_gives_the_published_headers(
        method, path, headers, body, names, signature):
    sent = tinys3.sign(
        method, SITE + path, headers, hashlib.sha256(body).hexdigest(),
        EXAMPLE, 'us-east-1', now=NOW)
    assert sent == published(headers, body, names, signature)


@each_example
def test_the_workshop_accepts_the_published_signatures(
        method, path, headers, body, names, signature):
    sent = published(headers, body, names, signature)
    asked = Asked(method, path, dict(
        {name.lower(): sent[name] for name in sent},
        host='examplebucket.s3.amazonaws.com'), body)
    assert wrong_signature(asked, EXAMPLE.secret_key) is None


def test_presign_url_gives_the_published_url():
    assert tinys3.presign_url(
        'GET', SITE + '/test.txt', EXAMPLE, 'us-east-1', 86400, now=NOW) == (
        SITE + '/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential='
        + SCOPE.replace('/', '%2F') + '&X-Amz-Date=20130524T000000Z'
        '&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature='
        'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404')


@each('expires, text', [
    (1, '1'), (604800, '604800'), (datetime.timedelta(days=7), '604800')])
def test_a_presigned_url_lives_a_second_to_seven_days(expires, text):
    url = tinys3.presign_url('GET', SITE, EXAMPLE, 'us-east-1', expires)
    assert '&X-Amz-Expires=%s&' % text in url


def test_a_presigned_url_has_the_session_token_in_its_query():
    keys = tinys3.Credentials('a', 's', 'the+token/=')
    url = tinys3.presign_url('GET', SITE, keys, 'us-east-1', 60)
    assert '&X-Amz-Security-Token=the%2Btoken%2F%3D&' in url


def test_a_presigned_url_holds_who_uses_it_to_its_headers():
    url = tinys3.Connection(ACCESS, SECRET).presign(
        'k', 'bucket', method='put', headers={'Content-Type': 'a/b'})
    assert '&X-Amz-SignedHeaders=content-type%3Bhost&' in url


def test_only_what_proxies_leave_alone_is_signed():
    sent = tinys3.sign('PUT', SITE, dict.fromkeys((
        'User-Agent', 'Accept-Encoding', 'Connection', 'Expect', 'If-Match',
        'Content-Type', 'Content-MD5', 'Date', 'Range', 'X-Amz-Acl'), 'x'),
        'UNSIGNED-PAYLOAD', EXAMPLE, 'us-east-1')
    assert signed_names(sent) == (
        'content-md5;content-type;date;host;range;x-amz-acl;'
        'x-amz-content-sha256;x-amz-date')


@each('make', [
    lambda twice: tinys3.sign('GET', SITE, twice, '', EXAMPLE, 'us-east-1'),
    lambda twice: tinys3.presign_url('GET', SITE, EXAMPLE, 'us-east-1', 9,
                                     headers=twice)])
def test_no_header_is_signed_twice(make):
    with pytest.raises(ValueError, match='twice'):
        make({'X-Amz-A': 'a', 'x-amz-a': 'b'})


ODD = ['a', 'Z', '9', 'a-b', ' ', '  ', '/', '//', '.', './', '../', '~', '%',
       '%41', '+', '*', "'", '&', '=', '?', '#', '\x01', '\u00e4', '\u4e2d',
       '\U0001f600', '(', '!', '$', ',', ';', ':', '@']


def random_request(number):
    """Make method, url, headers, keys, region and body of a request."""
    chance = random.Random(number)

    def odd():
        return ''.join(chance.choice(ODD) for _ in range(chance.randrange(8)))
    query = '&'.join(
        chance.choice(('a', 'a-b', 'a%20', 'a.', 'A', 'acl', 'prefix'))
        + chance.choice(('', '=', '=' + urllib.parse.quote(odd(), '~')))
        for _ in range(chance.randrange(5)))
    url = 'https://%s/%s%s' % (
        chance.choice(('host', 'host:8443', '[::1]:9000')),
        urllib.parse.quote(odd(), '/~'), '?' + query if query else '')
    headers = {name: 'x' + ' ' * chance.randrange(4) + 'y '
               for name in chance.sample((
                   'Content-Type', 'content-md5', 'Range', 'Date', 'X-Amz-Acl',
                   'x-amz-meta-b', 'X-AMZ-Meta-A', 'User-Agent'),
                   chance.randrange(6))}
    keys = tinys3.Credentials(
        'AKID', 'SECRET/+', chance.choice((None, 'the+token/==')))
    return (chance.choice(('GET', 'PUT', 'POST', 'HEAD', 'DELETE')), url,
            headers, keys, chance.choice(('us-east-1', 'auto')),
            odd().encode())


def sign_with_botocore(kind, method, url, headers, keys, region, service,
                       body=b''):
    """Let botocore sign exactly these headers on the day of the examples."""
    pytest.importorskip('botocore')
    from botocore import auth, awsrequest, credentials
    signer = getattr(auth, kind)(credentials.Credentials(
        keys.access_key, keys.secret_key, keys.session_token),
        service, region)
    request = awsrequest.AWSRequest(method, url, headers, body)
    request.context['timestamp'] = '20130524T000000Z'
    return signer.signature(signer.string_to_sign(
        request, signer.canonical_request(request)), request)


@each('service, kind, count', [
    ('s3', 'S3SigV4Auth', 2000), ('execute-api', 'SigV4Auth', 1000)])
def test_sign_agrees_with_botocore(service, kind, count):
    for number in range(count):
        method, url, headers, keys, region, body = random_request(number)
        sent = tinys3.sign(
            method, url, headers, hashlib.sha256(body).hexdigest(), keys,
            region, service, NOW)
        chosen = {name: value for name, value in sent.items()
                  if name.lower() in signed_names(sent).split(';')}
        assert sent['Authorization'][-64:] == sign_with_botocore(
            kind, method, url, chosen, keys, region, service, body), number


def test_presign_url_agrees_with_botocore():
    for number in range(1000):
        method, url, headers, keys, region, _ = random_request(number)
        headers.pop('User-Agent', None)
        made, _, signature = tinys3.presign_url(
            method, url, keys, region, 60, headers=headers,
            now=NOW).partition('&X-Amz-Signature=')
        assert signature == sign_with_botocore(
            'S3SigV4QueryAuth', method, made, headers, keys, region,
            's3'), number


@each('key, given, conditions', [
    ('k', {}, []), ('in/${filename}', {}, [['content-length-range', 0, 9]]),
    ('\u00fcn\u00ef "\\\U0001f600$',
     {'acl': 'private', 'x-amz-meta-a': '\u00e4'},
     [{'acl': 'private'}, {'x-amz-meta-a': '\u00e4'}]),
    ('k', {'Content-Type': 'image/png'},
     [['starts-with', '$Content-Type', 'image/']])])
@each('token', [None, 'the+token/=='])
def test_a_form_is_botocores(key, given, conditions, token):
    session = pytest.importorskip('botocore.session').Session()
    session.set_credentials(ACCESS, SECRET, token)
    conn = tinys3.Connection(ACCESS, SECRET, 'bucket', session_token=token,
                             region='eu-west-1')
    with warnings_off():
        client = session.create_client(
            's3', 'eu-west-1', config=pytest.importorskip(
                'botocore.config').Config(signature_version='s3v4'))
        for _ in range(9):      # unless a second ends meanwhile
            theirs = client.generate_presigned_post(
                'bucket', key, dict(given), list(conditions), 60)['fields']
            conn._clock = functools.partial(calendar.timegm, time.strptime(
                theirs['x-amz-date'], '%Y%m%dT%H%M%SZ'))
            form = conn.presign_post(key, fields=given, expires=60,
                                     conditions=conditions)
            if form['fields'] == theirs:
                break
    assert form == {'url': 'https://bucket.s3.eu-west-1.amazonaws.com/',
                    'fields': theirs}


# ---------------------------------------------------------------------------
# Tables: quoting, addresses, regions, endpoints, dates, headers
# ---------------------------------------------------------------------------

def table(text):
    """Make rows of lines."""
    return [line.split() for line in text.strip().splitlines()]


def place(key='k', bucket='bucket', **options):
    """Return the URL of a key without its query, and the region signed."""
    conn = tinys3.Connection(ACCESS, SECRET, **options)
    url, _, query = conn.presign(key, bucket).partition('?')
    scope = urllib.parse.parse_qs(query)['X-Amz-Credential'][0]
    return url, scope.split('/')[2]


@each('key, path', [
    ('a-Z_0.~', 'a-Z_0.~'), ('a b', 'a%20b'), ('a+b', 'a%2Bb'),
    ('a%2Bb', 'a%252Bb'), ('\u00e4', '%C3%A4'), ('e\u0301', 'e%CC%81'),
    ('\U0001f600', '%F0%9F%98%80'), ('/lead', '/lead'), ('//a//', '//a//'),
    ('.', '.'), ('../a/./b', '../a/./b'), ('?#&=', '%3F%23%26%3D'),
    ("!'()*", '%21%27%28%29%2A'), ('\0\x01\r\n\x7f', '%00%01%0D%0A%7F'),
    ('$,:;@[]\\^`{|}"<>', '%24%2C%3A%3B%40%5B%5D%5C%5E%60%7B%7C%7D%22%3C%3E')])
def test_a_key_is_percent_encoded_once_and_not_normalised(key, path):
    assert place(key, endpoint='h')[0] == 'https://h/bucket/' + path


def test_a_query_is_percent_encoded_with_its_slashes():
    url = tinys3.Connection(ACCESS, SECRET).presign('k', 'bucket', query={
        'response-content-type': 'a/b c+~\u00e4', 'torrent': None})
    assert '?response-content-type=a%2Fb%20c%2B~%C3%A4&torrent=&X-' in url


@each('bucket, options, host, path', [
    ('bucket', {}, 'bucket.s3.us-east-1.amazonaws.com', '/k'),
    ('dot.name', {}, 's3.us-east-1.amazonaws.com', '/dot.name/k'),
    ('dot.name', {'endpoint': 'http://s3.us-east-1.amazonaws.com'},
     'dot.name.s3.us-east-1.amazonaws.com', '/k'),
    ('Upper', {}, 's3.us-east-1.amazonaws.com', '/Upper/k'),
    ('under_score', {}, 's3.us-east-1.amazonaws.com', '/under_score/k'),
    ('a-s3alias', {}, 'a-s3alias.s3.us-east-1.amazonaws.com', '/k'),
    ('bucket', {'addressing': 'path'}, 's3.us-east-1.amazonaws.com',
     '/bucket/k'),
    ('bucket', {'addressing': 'virtual', 'endpoint': 'h:9000'},
     'bucket.h:9000', '/k')])
def test_a_bucket_goes_where_it_fits(bucket, options, host, path):
    assert place('k', bucket, **options)[0].split('://')[1] == host + path


@each('region, suffix', table('''
    eu-west-1       amazonaws.com
    us-gov-west-1   amazonaws.com
    cn-north-1      amazonaws.com.cn
    us-iso-east-1   c2s.ic.gov
    us-isob-east-1  sc2s.sgov.gov
    us-isof-south-1 csp.hci.ic.gov
    eu-isoe-west-1  cloud.adc-e.uk
    eusc-de-east-1  amazonaws.eu'''))
def test_a_region_is_in_its_partition(region, suffix):
    assert place(region=region)[0] == 'https://bucket.s3.%s.%s/k' % (
        region, suffix)


@each('endpoint, region, host', table('''
    s3.amazonaws.com               us-east-1  s3.us-east-1.amazonaws.com
    s3-eu-west-1.amazonaws.com     eu-west-1  s3-eu-west-1.amazonaws.com
    s3.eu-west-1.amazonaws.com     eu-west-1  s3.eu-west-1.amazonaws.com
    s3.cn-north-1.amazonaws.com.cn cn-north-1 s3.cn-north-1.amazonaws.com.cn
    s3-accelerate.amazonaws.com    us-east-1  s3-accelerate.amazonaws.com
    s3-fips.eu-west-1.amazonaws.com eu-west-1 s3-fips.eu-west-1.amazonaws.com
    s3.dualstack.eu-west-1.amazonaws.com              eu-west-1 =
    s3-fips.dualstack.us-east-2.amazonaws.com         us-east-2 =
    bucket.vpce-1a-2b.s3.us-east-1.vpce.amazonaws.com us-east-1 ='''))
def test_a_host_of_aws_gets_the_bucket_in_front(endpoint, region, host):
    assert place(endpoint=endpoint) == ('https://bucket.%s/k' % (
        endpoint if host == '=' else host), region)


@each('endpoint, region, base', table('''
    HOST                            us-east-1   https://host
    host:9000                       us-east-1   https://host:9000
    http://host                     us-east-1   http://host
    http://host:80                  us-east-1   http://host
    https://host:443                us-east-1   https://host
    http://host:443                 us-east-1   http://host:443
    [::1]:9000                      us-east-1   https://[::1]:9000
    http://[::1]                    us-east-1   http://[::1]
    127.0.0.1:9000                  us-east-1   https://127.0.0.1:9000
    https://host/base/of/           us-east-1   https://host/base/of
    1a.r2.cloudflarestorage.com     auto        https://1a.r2.cloudflarestor=
    storage.googleapis.com          auto        https://storage.googleapis.c=
    s3.us-west-004.backblazeb2.com  us-west-004 https://s3.us-west-004.backb=
    s3.eu-central-2.wasabisys.com   eu-central-2 https://s3.eu-central-2.was=
    nyc3.digitaloceanspaces.com     nyc3        https://nyc3.digitaloceanspa=
    '''))
def test_another_host_gets_the_bucket_in_its_path(endpoint, region, base):
    url, found = place(endpoint=endpoint)
    assert found == region and url.endswith('/bucket/k')
    assert url[:-9] == base if base[-1] != '=' else url.startswith(base[:-1])


@each('tls', [True, False])
@each('scheme', ['http', 'https'])
def test_a_scheme_wins_over_tls(scheme, tls):
    assert place(endpoint=scheme + '://h', tls=tls)[0] == (
        scheme + '://h/bucket/k')


@pytest.fixture
def shared_files(monkeypatch, tmp_path):
    """Write AWS's shared files, and let the environment name them."""
    def write(config=b'', credentials=b''):
        for name, data in (('AWS_CONFIG_FILE', config),
                           ('AWS_SHARED_CREDENTIALS_FILE', credentials)):
            (tmp_path / name).write_bytes(data)
            monkeypatch.setenv(name, str(tmp_path / name))
    return write


@each('strongest, region', list(enumerate((
    'argument', 'eu-west-2', 'variable', 'default', 'profile',
    'us-east-1'))))
def test_region_comes_from_the_strongest_source(
        strongest, region, monkeypatch, shared_files):
    if strongest <= 4:
        shared_files(b'[default]\nregion = profile\n')
    if strongest <= 3:
        monkeypatch.setenv('AWS_DEFAULT_REGION', 'default')
    if strongest <= 2:
        monkeypatch.setenv('AWS_REGION', 'variable')
    assert place(
        endpoint='s3.eu-west-2.amazonaws.com' if strongest <= 1 else None,
        region='argument' if strongest == 0 else None)[1] == region


@each('ignore', [False, True])
@each('strongest, host', list(enumerate((
    'argument', 'variable-s3', 'variable', 'profile', ''))))
def test_endpoint_comes_from_the_strongest_source(
        strongest, host, ignore, monkeypatch, shared_files):
    if strongest <= 3:
        shared_files(b'[default]\nendpoint_url = http://profile\n')
    if strongest <= 2:
        monkeypatch.setenv('AWS_ENDPOINT_URL', 'http://variable')
    if strongest <= 1:
        monkeypatch.setenv('AWS_ENDPOINT_URL_S3', 'http://variable-s3')
    if ignore:
        monkeypatch.setenv('AWS_IGNORE_CONFIGURED_ENDPOINT_URLS', 'true')
        host = host if strongest == 0 else ''
    assert place(endpoint='argument' if strongest == 0 else None)[0].split(
        '/')[2] == (host or 'bucket.s3.us-east-1.amazonaws.com')


@each('fraction, micros', [
    ('', 0), ('.000', 0), ('.25', 250000), ('.123456789', 123456)])
def test_dates_are_read_with_or_without_fraction(fraction, micros):
    body = ('<ListAllMyBucketsResult><Buckets><Bucket><CreationDate>'
            '2013-05-24T01:02:03%sZ</CreationDate></Bucket></Buckets>'
            '</ListAllMyBucketsResult>' % fraction)
    with talk(answer(200, body.encode())) as (conn, _):
        assert conn.list_buckets()[0]['creation_date'] == datetime.datetime(
            2013, 5, 24, 1, 2, 3, micros, datetime.timezone.utc)


@each('name', ['If-Match', 'if-none-match'])
@each('given, sent', table('''
    abc   "abc"
    "abc" "abc"
    *     *
    W/"a" W/"a"
    a,"b" "a",&"b"
    "a,b" "a,b"
    c,W/"a,b" "c",&W/"a,b"'''))
def test_conditions_get_the_quotes_they_lack(name, given, sent):
    asked = only_request(lambda c: c.get('k', headers={name: given}))
    assert asked.headers[name.lower()] == sent.replace('&', ' ')


@each('sent, etag', table('''
    "abc"   abc
    W/"abc" abc
    "abc-2" abc-2
    abc     abc'''))
def test_an_etag_is_read_without_quotes(sent, etag):
    assert fetch(headers={'ETag': sent}).etag == etag


@each('expires, public, sent', [
    (0, None, 'max-age=0'), (3600, None, 'max-age=3600'),
    (1.9, None, 'max-age=1'), ('max', None, 'max-age=31536000'),
    (datetime.timedelta(weeks=1), None, 'max-age=604800'),
    (60, True, 'max-age=60, public'), (60, False, 'max-age=60')])
def test_expires_becomes_cache_control(expires, public, sent):
    asked = only_request(lambda c: c.upload(
        'k', b'', expires=expires, public=public))
    assert asked.headers['cache-control'] == sent


@each('key, kind', table('''
    a.js           text/javascript
    a.mjs          text/javascript
    a.css          text/css
    a.JPG          image/jpeg
    a.webp         image/webp
    a.avif         image/avif
    a.woff2        font/woff2
    a.wasm         application/wasm
    a.md           text/markdown
    a.pdf          application/pdf
    a.tar.gz       application/gzip
    data:,x.html   text/html
    x.png/readme   application/octet-stream
    a.nobodyknows  application/octet-stream'''))
def test_a_media_type_is_guessed_from_the_last_suffix(key, kind):
    asked = only_request(lambda c: c.upload(key, b''))
    assert asked.headers['content-type'] == kind


@pytest.mark.skipif(not hasattr(mimetypes, '_types_map_default'),
                    reason='old Pythons mix their own types with the rest')
def test_the_system_does_not_change_a_media_type():
    tinys3._system_types.cache_clear()
    mimetypes.add_type('spoilt/type', '.pdf')
    try:
        asked = only_request(lambda c: c.upload('a.pdf', b''))
    finally:
        mimetypes.init()
    assert asked.headers['content-type'] == 'application/pdf'


@each('options, name, sent', [
    (dict(content_type='a/b'), 'content-type', 'a/b'),
    (dict(metadata={'Content-Type': 'c/d'}), 'content-type', 'c/d'),
    (dict(content_type='a/b', headers={'CONTENT-TYPE': 'e/f'}),
     'content-type', 'e/f'),
    (dict(expires=1, headers={'Cache-Control': 'x'}), 'cache-control', 'x'),
    (dict(metadata={'Colour': 'a  b'}), 'x-amz-meta-colour', 'a  b'),
    (dict(metadata={'x-amz-storage-class': 'IA'}), 'x-amz-storage-class',
     'IA'),
    (dict(headers={'Content-Disposition': 'inline; filename="\u00e4 b"'}),
     'content-disposition', "inline; filename*=UTF-8''%C3%A4%20b")])
def test_headers_of_an_object_are_sent_as_asked(options, name, sent):
    asked = only_request(lambda c: c.upload('k.html', b'', **options))
    assert asked.headers[name] == sent


# ---------------------------------------------------------------------------
# Bad input: refused before anything is sent
# ---------------------------------------------------------------------------

def rows(kind, word, method, *calls):
    """Make rows of the arguments of one method, a dict as keywords."""
    for args in calls:
        more = args[-1] if isinstance(args[-1], dict) else {}
        yield kind, word, method, args[:-1] if more else args, more


BAD_CALLS = list(itertools.chain(
    rows(ValueError, 'empty', 'get', ('',)),
    rows(ValueError, 'empty', 'delete', ('',)),
    rows(ValueError, 'empty', 'presign', ('',)),
    rows(ValueError, 'empty', 'upload', ('', b'')),
    rows(ValueError, 'empty', 'request', ('DELETE', '')),
    rows(ValueError, 'empty', 'delete_many', (['a', ''],)),
    rows(ValueError, 'empty', 'copy', ('', 'bucket', 'k')),
    rows(ValueError, '102[56] bytes', 'get', ('k' * 1025,),
         ('\u00e4' * 513,)),
    rows(ValueError, 'surrogate', 'head', ('a\ud800',)),
    rows(TypeError, 'key must be str', 'get', (b'k',), (None,), (1,)),
    rows(TypeError, 'key must be str', 'delete_many', ([1],)),
    rows(TypeError, 'iterable of keys', 'delete_many', ('key',), (b'key',)),
    rows(ValueError, 'apart', 'get', ('k', 'a/bc')),
    rows(ValueError, 'a bucket name has', 'get', ('k', 'a?bc'),
         ('k', 'a#bc'), ('k', 'user@host'), ('k', 'a..b'), ('k', '..'),
         ('k', 'ab'), ('k', ''), ('k', 'bucket\n'), ('k', 'b\u00fccket')),
    rows(ValueError, 'ARN', 'get', ('k', 'arn:aws:s3:eu-west-1:1:ap/a')),
    rows(TypeError, 'bucket must be str', 'get', ('k', b'bucket')),
    rows(ValueError, 'bucket', 'create_bucket', ('a/bc',)),
    rows(ValueError, 'bucket', 'copy', ('a', 'a/bc', 'k'),
         ('a', 'bucket', 'k', 'a/bc')),
    rows(TypeError, 'text mode', 'upload', ('k', io.StringIO('a')),
         ('k', io.TextIOWrapper(io.BytesIO(b'a')))),
    rows(TypeError, 'not str', 'upload', ('k', ['text'])),
    rows(TypeError, 'not int', 'upload', ('k', [1]), ('k', 1)),
    rows(TypeError, 'not NoneType', 'upload', ('k', None)),
    rows(TypeError, 'callable', 'upload', ('k', b'', {'progress': 1})),
    *(rows(TypeError, option + ' must be dict, not str', method, (
        *args, {option: 'a=b'})) for option, method, *args in (
            ('headers', 'get', 'k'), ('headers', 'upload', 'k', b''),
            ('metadata', 'upload', 'k', b''), ('query', 'presign', 'k'),
            ('metadata', 'copy', 'k', 'bucket', 'l'),
            ('metadata', 'update_metadata', 'k'),
            ('query', 'request', 'GET', 'k'),
            ('fields', 'presign_post', 'k'))),
    rows(ValueError, 'negative or endless', 'upload', *(
        ('k', b'', {'expires': expires}) for expires in (
            -1, datetime.timedelta(-1), float('nan'), float('inf')))),
    rows(ValueError, 'max', 'upload', ('k', b'', {'expires': 'never'})),
    rows(TypeError, 'expires must be', 'upload',
         ('k', b'', {'expires': True}), ('k', b'', {'expires': []})),
    rows(ValueError, '7 days', 'presign', ('k', {'expires': 0}),
         ('k', {'expires': 604801}), ('k', {'expires': 0.5})),
    rows(TypeError, 'expires must be', 'presign', ('k', {'expires': 'max'})),
    rows(ValueError, '7 days', 'presign_post', ('k', {'expires': 0})),
    rows(ValueError, 'leave it out', 'presign_post', *(
        ('k', {'fields': {name: 'x'}}) for name in (
            'key', 'Policy', 'file', 'X-Amz-Signature', 'AWSAccessKeyId'))),
    rows(ValueError, 'condition .*write', 'presign_post', *(
        ('k', {'conditions': conditions}) for conditions in (
            'ab', [{}], [{'acl': 1}], [{'acl': 'private', 'a': 'b'}], [['eq', 'acl', 'x']], [['eq', '$acl']],
            [['ends-with', '$key', 'x']], [['content-length-range', 2, 1]],
            [['content-length-range', 0, '9']], {'acl': 'private'}))),
    rows(ValueError, 'max_size must be 0 to', 'presign_post',
         ('k', {'max_size': -1}), ('k', {'max_size': 5 * 1024 ** 3 + 1})),
    rows(TypeError, 'max_size|field', 'presign_post', ('k', {'max_size': '9'}),
         ('k', {'fields': {'acl': 1}}), ('k', {'fields': {1: 'x'}})),
    rows(ValueError, 'first must', 'get', ('k', {'byte_range': (5, 4)}),
         ('k', {'byte_range': (-5, None)})),
    rows(TypeError, 'byte_range', 'get', ('k', {'byte_range': 5}),
         ('k', {'byte_range': ('0', '5')}), ('k', {'byte_range': (0, 1, 2)})),
    rows(ValueError, 'nothing to update', 'update_metadata', ('k',)),
    rows(ValueError, 'method', 'request', ('GET /x',))))
BAD_HEADERS = [(kind, word, headers) for kind, word, found in (
    (ValueError, 'control characters and line breaks', [
        {'x-amz-a': 'a%sb' % bad} for bad in (
            '\r\n', '\n', '\r', '\n ', '\0', '\x7f', '\x1b')]),
    (ValueError, 'is not the name of a header', [
        {bad: 'x'} for bad in ('a b', 'a:', '', 'a\r\nb', '\u00e4', 'a\n')]),
    (ValueError, 'set by tinys3', [{bad: 'x'} for bad in (
        'Host', 'content-length', 'Transfer-Encoding', 'Authorization',
        'X-Amz-Date', 'X-AMZ-Content-Sha256')]),
    (ValueError, 'twice', [{'X-Amz-A': 'a', 'x-amz-a': 'b'}]),
    (ValueError, 'ASCII', [{'x-amz-a': '\u00e4'}]),
    (TypeError, 'must be str', [
        {'x-amz-a': 1}, {'x-amz-a': b'b'}, {'x-amz-a': None}, {b'a': 'a'}]))
    for headers in found]


@each('kind, word, method, args, more', BAD_CALLS)
def test_a_bad_call_is_refused_before_anything_is_sent(
        kind, word, method, args, more):
    with talk() as (conn, script):
        with pytest.raises(kind, match=word):
            getattr(conn, method)(*args, **more)
        assert script.connections == 0


@each('kind, word, headers', BAD_HEADERS)
def test_a_bad_header_is_refused_before_anything_is_sent(
        kind, word, headers):
    with talk() as (conn, script):
        for call in (conn.get, conn.delete, conn.presign):
            with pytest.raises(kind, match=word):
                call('k', headers=headers)
        assert script.connections == 0


@each('word, options', [
    ('2048', {'metadata': {'a': 'b' * 2048}}),
    ('2048', {'headers': {'x-amz-meta-a': 'b' * 2048}}),
    ('line breaks', {'metadata': {'a': 'b\nc'}}),
    ('line breaks', {'content_type': 'text/html\r\nX: y'}),
    ('ASCII', {'metadata': {'a': '\u4e2d'}}),
    ('twice', {'metadata': {'A': 'a', 'a': 'b'}})])
def test_bad_metadata_is_refused_before_anything_is_sent(word, options):
    with talk() as (conn, script):
        with pytest.raises(ValueError, match=word):
            conn.upload('k', b'', **options)
        assert script.connections == 0


BAD_OPTIONS = [
    ('addressing', 'addressing', ['dns']), ('integrity', 'integrity', ['md5']),
    ('endpoint', 'endpoint', [
        'ftp://h', 'h:port', 'h\r\nX: y', 'http://h/?a=b', 'user:hunter2@h',
        'http://user:hunter2@h', 'b.s3.eu-west-1.amazonaws.com', 9000]),
    ('region', 'region', ['evil.com/', 'a\n', 1]),
    ('timeout', 'timeout', [0, (1, -1), (1, 2, 3), float('nan'), '5', True]),
    ('retry', 'attempts', [0, -1, '5', True]),
    ('part_size', 'part_size', [5 * 1024 ** 2 - 1, 5 * 1024 ** 3 + 1, '8M']),
    ('part_threads', 'part_threads', [0, 1.5]),
    ('default_bucket', 'bucket', ['a/bc', b'abc']),
    ('headers', 'set by tinys3', [{'Host': 'x'}]),
    ('access_key', 'go together', [None, '']),
    ('access_key', 'access_key', ['a b', b'a', '\u00e4']),
    ('secret_key', 'go together', [None, '']),
    ('secret_key', 'secret_key', ['hunter2\u00e4', 'hunter2\nX: y']),
    ('session_token', 'session_token', ['hunter2 \n x', 1]),
    ('anonymous', 'exclude', [True]), ('credentials', 'exclude', [dict])]


@each('name, word, value', [
    (name, word, value) for name, word, values in BAD_OPTIONS
    for value in values])
def test_a_bad_option_is_refused_at_once(name, word, value):
    options = {'access_key': ACCESS, 'secret_key': SECRET, name: value}
    with pytest.raises((ValueError, TypeError), match=word) as caught:
        tinys3.Connection(**options)
    assert not re.search('hunter2|' + re.escape(SECRET), str(caught.value))


@each('options', [{'endpoint': 'http://h'}, {'tls': False}])
def test_an_unsigned_body_needs_tls(options):
    with pytest.raises(ValueError, match='TLS'):
        tinys3.Connection(ACCESS, SECRET, integrity='crc32', **options)


def test_a_call_without_bucket_is_refused():
    with pytest.raises(ValueError, match='default_bucket'):
        tinys3.Connection(ACCESS, SECRET).get('k')


# ---------------------------------------------------------------------------
# Bodies: every kind of source, progress, files that change
# ---------------------------------------------------------------------------

BIG = bytes(bytearray(range(256))) * 1200       # beyond a block: 300 KB
SOURCES = {
    'str path': lambda data, path: str(path),
    'PathLike': lambda data, path: path,
    'bytes': lambda data, path: data,
    'bytearray': lambda data, path: bytearray(data),
    'memoryview': lambda data, path: memoryview(data),
    'strided memoryview': lambda data, path: memoryview(
        bytes(byte for byte in data for _ in (0, 1)))[::2],
    'array': lambda data, path: array.array('I', data),
    'BytesIO': lambda data, path: io.BytesIO(data),
    'file': lambda data, path: path.open('rb'),
    'unbuffered file': lambda data, path: open(str(path), 'rb', 0),
    'only read': lambda data, path: OnlyRead(data),
    'unseekable': lambda data, path: Unseekable(data),
    'generator': lambda data, path: (
        data[at:at + 999] for at in range(0, len(data), 999)),
    'bytearrays': lambda data, path: [bytearray(data), b'', bytearray()],
}
each_size = each('data', [b'', b'twelve bytes', BIG],
                 ids=['empty', 'small', 'big'])
each_change = each('change', [
    lambda path: path.write_bytes(path.read_bytes() + b'more'),
    lambda path: os.truncate(str(path), path.stat().st_size // 2),
    lambda path: os.utime(str(path), (NOW, NOW))],
    ids=['grows', 'shrinks', 'is written'])


@pytest.fixture
def path(tmp_path):
    return tmp_path / 'file'


@each_size
@each('source', sorted(SOURCES))
def test_upload_sends_the_bytes_of_any_source(source, data, path):
    path.write_bytes(data)
    asked = only_request(lambda c: c.upload(
        'k', SOURCES[source](data, path), close=True))
    assert asked.body == data
    assert asked.headers['content-length'] == str(len(data))


def test_upload_sends_the_bytes_of_a_mmap():
    with mmap.mmap(-1, len(BIG)) as memory:
        memory[:] = BIG
        assert only_request(lambda c: c.upload('k', memory)).body == BIG


@each('source', ['str path', 'file', 'only read', 'generator', 'bytes'])
def test_upload_sends_the_same_bytes_again(source, path):
    path.write_bytes(BIG)
    with talk(answer(503), None, answer()) as (conn, script):
        conn.upload('k', SOURCES[source](BIG, path), close=True)
    assert [asked.body for asked in script.requests] == [BIG] * 3


@each('rewind, sent', [(True, BIG), (False, BIG[5:])])
def test_rewind_decides_where_each_attempt_begins(rewind, sent):
    file = io.BytesIO(BIG)
    file.seek(5)
    with talk(answer(503), answer()) as (conn, script):
        conn.upload('k', file, rewind=rewind)
    assert [asked.body for asked in script.requests] == [sent] * 2


def swallow(came):
    """Read what comes until the client hangs up; note if it was all."""
    @early
    def reply(sock, asked):
        size = sum(map(len, iter(lambda: sock.recv(65536), b'')))
        came.append(size >= int(asked.headers['content-length']))
    return reply


@each('data', [b'small', BIG], ids=['small', 'big'])
@each_change
def test_a_file_that_changes_between_attempts_is_never_stored(
        change, data, path):
    path.write_bytes(data)
    came = []

    def fail(sock, asked):
        change(path)
        sock.sendall(answer(503))
        return True
    with talk(fail, swallow(came)) as (conn, script):
        with pytest.raises(tinys3.IntegrityError, match='changed'):
            conn.upload('k', str(path))
    assert script.requests[0].body == data and not any(came)


@each_change
def test_a_file_that_changes_while_sent_is_never_stored(change, path):
    path.write_bytes(BIG)
    came = []
    with talk(*[swallow(came)] * 9) as (conn, _):
        with pytest.raises(tinys3.IntegrityError, match='PUT s3://bucket/k'):
            conn.upload('k', path, progress=lambda count: change(path))
    assert not any(came) and conn.naps == []


@each('close', [True, False])
@each('key, reply', [('k', answer()), ('k', answer(403)), ('k', None),
                     ('', answer())])
def test_close_decides_whether_a_file_is_closed(key, reply, close):
    file = io.BytesIO(b'data')
    with talk(reply, retry=1) as (conn, _):
        with contextlib.suppress(tinys3.S3Error, ValueError):
            conn.upload(key, file, close=close)
    assert file.closed is close


class Breaks(io.BytesIO):
    """A file whose reading fails after some reads."""

    def __init__(self, error, reads):
        super().__init__(BIG)
        self.error, self.reads = error, reads

    def read(self, size=-1):
        self.reads -= 1
        if self.reads < 0:
            raise self.error
        return super().read(size)


@each('reads', [0, 1, 2, 3])
@each('error', [OSError(5, 'disk'), ConnectionResetError('nfs'),
                RuntimeError('boom')])
def test_what_a_file_raises_comes_out_as_it_is(error, reads):
    with talk(swallow([])) as (conn, _):
        with pytest.raises(type(error)) as caught:
            conn.upload('k', Breaks(error, reads))
    assert caught.value is error


@each('source, kind', [
    ((1 // 0 for _ in 'x'), ZeroDivisionError),
    ('no/such/file', FileNotFoundError), (HERE, IsADirectoryError),
    (type('Silent', (), {'read': lambda self, size: None})(),
     BlockingIOError)])
def test_what_cannot_be_read_is_the_error_it_is(source, kind):
    with talk() as (conn, script):
        with pytest.raises(kind):
            conn.upload('k', source)
        assert script.connections == 0


@each('replies', [[answer()], [answer(503), None, answer()]],
      ids=['once', 'thrice'])
@each('source', ['bytes', 'str path', 'generator'])
@each_size
def test_progress_counts_each_byte_once(data, source, replies, path):
    path.write_bytes(data)
    counts = []
    with talk(*replies) as (conn, _):
        conn.upload('k', SOURCES[source](data, path), progress=counts.append)
    assert sum(counts) == len(data) and all(n > 0 for n in counts)
    assert (len(counts) > 1) is (data is BIG)


# ---------------------------------------------------------------------------
# Messages: responses, errors, XML
# ---------------------------------------------------------------------------

def fetch(body=b'', headers=(), status=200):
    """Get an object from a script, and return the Response."""
    with talk(answer(status, body, headers)) as (conn, _):
        return conn.get('k')


@contextlib.contextmanager
def streaming(body, headers=(), **more):
    """Lend a Response whose body is still to be read."""
    with talk(answer(200, body, headers, **more)) as (conn, _):
        with conn.get('k', stream=True) as response:
            yield response


def refused(reply, call=lambda conn: conn.get('k')):
    """Return the error that an answer makes of a call, at once."""
    with talk(reply, retry=1) as (conn, _):
        with pytest.raises(tinys3.S3Error) as caught:
            call(conn)
    return caught.value


def copy(conn):
    return conn.copy('a', 'bucket', 'b')


def list_all(conn):
    return [entry['key'] for entry in conn.list()]


@each('name, value', [
    ('key', 'k'), ('bucket', 'bucket'), ('status_code', 200), ('ok', True),
    ('reason', 'OK'), ('content', b'data'), ('version_id', 'v1'),
    ('request_id', 'R1'), ('etag', None), ('metadata', {'a': 'b'})])
def test_a_response_tells_what_was_asked_and_answered(name, value):
    assert getattr(fetch(b'data', {
        'x-amz-version-id': 'v1', 'x-amz-request-id': 'R1',
        'x-amz-meta-A': 'b'}), name) == value


def test_a_response_tells_where_and_how_long():
    response = fetch()
    assert repr(response) == '<Response [200]>'
    assert response.url.endswith('/bucket/k')
    assert 0 < response.elapsed.total_seconds() < 60


@each('name', ['X-Some-Thing', 'x-some-thing', 'X-SOME-thing'])
def test_headers_are_found_in_any_case(name):
    headers = fetch(headers={'X-Some-Thing': 'a'}).headers
    assert headers[name] == headers.get(name) == 'a' and name in headers


@each('kind, encoding, text', [
    ('text/plain; charset=iso-8859-1', 'iso-8859-1', '\u00c3\u00a4'),
    ('text/plain; charset="utf-8"', 'utf-8', '\u00e4'),
    ('text/plain; charset=x-nonsense', 'x-nonsense', '\u00e4'),
    ('text/plain', None, '\u00e4')])
def test_text_is_decoded_as_the_answer_says(kind, encoding, text):
    response = fetch(b'\xc3\xa4', {'Content-Type': kind})
    assert (response.encoding, response.text) == (encoding, text)


def test_json_is_read():
    assert fetch(b'{"a": "\xc3\xa4"}').json() == {'a': '\u00e4'}


def test_a_304_is_a_response():
    response = fetch(status=304, headers={'ETag': '"a"'})
    assert (response.status_code, response.ok, response.etag) == (
        304, True, 'a')


def test_an_encoded_object_is_returned_as_it_is_stored():
    assert fetch(b'\x1f\x8b zip', {'Content-Encoding': 'gzip'}).content == (
        b'\x1f\x8b zip')


@each('sent, value', [
    ('=?UTF-8?B?w6Q=?=', '\u00e4'), ('=?utf-8?q?=C3=A4_b?=', '\u00e4 b'),
    ('\u00c3\u00a4', '\u00e4'), ('\u00e4', '\u00e4'), ('a=?b', 'a=?b'),
    ('=?no-such?q?a?=', '=?no-such?q?a?='), ('plain', 'plain')])
def test_metadata_is_decoded(sent, value):
    assert fetch(headers={'x-amz-meta-a': sent}).metadata == {'a': value}


@each('sizes, pieces', [
    ([0, 3, 0, 99, 1, -1], [b'', b'012', b'', b'3456789', b'', b'']),
    ([4, -1], [b'0123', b'456789']), ([1, None], [b'0', b'123456789'])])
def test_read_gives_as_much_as_is_asked(sizes, pieces):
    with streaming(b'0123456789') as response:
        assert [response.read(size) for size in sizes] == pieces


@each('stream', [True, False])
@each('size', [1, 3, 10, 11])
def test_iter_content_gives_full_chunks(size, stream):
    with talk(answer(200, b'0123456789')) as (conn, _):
        with conn.get('k', stream=stream) as response:
            chunks = list(response.iter_content(size))
    assert chunks == [b'0123456789'[at:at + size] for at in range(0, 10, size)]


def test_content_after_reading_as_a_stream_is_refused():
    with streaming(b'data') as response:
        response.read(1)
        with pytest.raises(RuntimeError, match='already read'):
            len(response.content)


def test_a_stream_that_is_cut_short_says_so():
    with streaming(b'0123', {'Connection': 'close'}, length=10) as response:
        with pytest.raises(tinys3.TransportError, match='6 bytes') as caught:
            response.read()
    assert 'GET s3://bucket/k' in str(caught.value)


@each('protocol', range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_response_pickles_with_its_content(protocol):
    with streaming(BIG, {'ETag': '"a"'}) as unread:
        copies = [pickle.loads(pickle.dumps(response, protocol))
                  for response in (fetch(BIG, {'ETag': '"a"'}), unread)]
    assert [(r.content, r.etag, r.key, r.headers['ETAG'])
            for r in copies] == [(BIG, 'a', 'k', '"a"')] * 2


def test_raise_for_status_raises_only_a_failure():
    fetch().raise_for_status()
    with pytest.raises(tinys3.NotFound):
        refused(answer(404)).response.raise_for_status()


CHECKSUMS = {
    'crc32': struct.pack('>I', zlib.crc32(b'data')),
    'sha1': hashlib.sha1(b'data').digest(),
    'sha256': hashlib.sha256(b'data').digest(),
    'sha512': hashlib.sha512(b'data').digest(),
    'md5': hashlib.md5(b'data').digest(),
}
each_checksum = each('headers', [
    {'x-amz-checksum-' + name: base64.b64encode(CHECKSUMS[name]).decode()}
    for name in sorted(CHECKSUMS)], ids=sorted(CHECKSUMS))


@each_checksum
def test_content_that_matches_its_checksum_is_returned(headers):
    assert fetch(b'data', headers).content == b'data'


@each_checksum
@each('stream', [False, True])
def test_content_that_does_not_match_its_checksum_is_refused(headers, stream):
    with talk(answer(200, b'DATA', headers), retry=1) as (conn, _):
        with pytest.raises(tinys3.IntegrityError, match='GET s3://bucket/k'):
            with conn.get('k', stream=stream) as response:
                response.read()


@each('headers', [
    {'x-amz-checksum-crc32': 'AAAAAA==-2'},
    {'x-amz-checksum-crc64nvme': 'AAAAAAAAAAA='},
    {'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-type': 'COMPOSITE'}])
def test_a_checksum_of_something_else_is_not_compared(headers):
    assert fetch(b'data', headers).content == b'data'


def test_a_spoilt_content_is_fetched_again():
    wrong = answer(200, b'data', {'x-amz-checksum-crc32': 'AAAAAA=='})
    with talk(wrong, answer(200, b'data')) as (conn, _):
        assert conn.get('k').content == b'data'


@each('protocol', range(pickle.HIGHEST_PROTOCOL + 1))
@each('kind', [tinys3.S3Error] + [
    error for error in vars(tinys3).values() if isinstance(error, type)
    and issubclass(error, tinys3.S3Error) and error is not tinys3.S3Error])
def test_an_error_pickles_with_all_it_knows(kind, protocol):
    error = kind('told')
    for name in vars(error):
        setattr(error, name, 'its ' + name)
    after = pickle.loads(pickle.dumps(error, protocol))
    assert (type(after), str(after), vars(after)) == (
        kind, 'told', vars(error))


@each('protocol', range(pickle.HIGHEST_PROTOCOL + 1))
def test_an_error_pickles_with_its_response(protocol):
    error = refused(error_answer(404, 'NoSuchKey', more='<HostId>H</HostId>'))
    after = pickle.loads(pickle.dumps(error, protocol))
    assert after.response.content == error.response.content
    assert (after.code, after.host_id, after.key, str(after)) == (
        'NoSuchKey', 'H', 'k', str(error))


@each('name, value', [
    ('method', 'GET'), ('bucket', 'bucket'), ('key', 'k'),
    ('status_code', 404), ('code', 'NoSuchKey'), ('message', 'No\n key.'),
    ('request_id', 'REQ1'),
    ('args', ('GET s3://bucket/k: 404 NoSuchKey: No key',))])
def test_an_error_tells_what_was_tried_and_answered(name, value):
    error = refused(error_answer(404, 'NoSuchKey', 'No\n key.'))
    assert getattr(error, name) == value


@each('key', ['a\nb', 'a\x1b[31mb', 'a\u2028b'])
def test_a_key_cannot_break_the_line_of_an_error(key):
    error = refused(answer(404), lambda conn: conn.get(key))
    assert str(error).isprintable() and error.key == key


@each('status, code, kind', table('''
    404 NoSuchKey                  NotFound
    404 NoSuchBucket               NotFound
    404 NoSuchUpload               NotFound
    403 AccessDenied               AccessDenied
    403 SignatureDoesNotMatch      AccessDenied
    412 PreconditionFailed         PreconditionFailed
    409 ConditionalRequestConflict PreconditionFailed
    409 BucketNotEmpty             ResponseError
    400 InvalidArgument            ResponseError
    500 InternalError              ResponseError'''))
def test_an_error_has_the_class_of_its_status(status, code, kind):
    error = refused(error_answer(int(status), code))
    assert (type(error), error.status_code, error.code) == (
        getattr(tinys3, kind), int(status), code)


@each('status, marker, kind, code', table('''
    404 false NotFound           NotFound
    403 false AccessDenied       Forbidden
    412 false PreconditionFailed PreconditionFailed
    502 false ResponseError      BadGateway
    405 true  NotFound           MethodNotAllowed'''))
def test_an_error_without_body_is_named_by_its_status(
        status, marker, kind, code):
    headers = {'x-amz-delete-marker': marker} if marker == 'true' else {}
    error = refused(answer(int(status), b'', headers, 'Whatever'),
                    lambda conn: conn.head('k'))
    assert (type(error), error.code) == (getattr(tinys3, kind), code)


@each('status, code, word', [
    (400, 'AccessControlListNotSupported', 'bucket policy'),
    (403, 'RequestTimeTooSkewed', 'clock'),
    (403, 'SignatureDoesNotMatch', 'secret key'),
    (404, 'NoSuchBucket', 'endpoint'), (400, 'ExpiredToken', 'credentials'),
    (403, 'InvalidObjectState', 'restore')])
def test_an_error_says_what_to_do(status, code, word):
    assert word in str(refused(error_answer(status, code))).partition(
        'What to do: ')[2]


def test_an_archived_object_tells_its_storage_class():
    error = refused(error_answer(403, 'InvalidObjectState', more='<Storage'
                                 'Class>GLACIER</StorageClass>'))
    assert 'StorageClass GLACIER' in str(error)


def test_an_error_has_all_that_support_asks_for():
    no = answer(500, headers={'x-amz-request-id': 'R', 'x-amz-id-2': 'H'})
    with talk(no, no, retry=2) as (conn, _):
        with pytest.raises(tinys3.ResponseError) as caught:
            conn.get('k')
    error = caught.value
    assert (error.request_id, error.host_id) == ('R', 'H')
    assert 'request id R' in str(error) and '2 attempts' in str(error)
    assert error.response.elapsed.total_seconds() > 0


def test_a_bare_403_says_what_it_may_mean():
    error = refused(answer(403), lambda conn: conn.head('k'))
    assert 'x-amz-request-payer' in str(error)
    assert 'the keys may be wrong' in str(error)


def gzipped(data):
    press = zlib.compressobj(9, zlib.DEFLATED, 31)
    return press.compress(data) + press.flush()


@each('end', ['hunter2\nhunter2</%s></Error>', 'hunter2'],
      ids=['whole', 'cut'])
@each('zipped', [False, True])
@each('tag', ['Token-0', 'Token-12', 'CanonicalRequest', 'StringToSign',
              'StringToSignBytes', 'SignatureProvided'])
def test_no_secret_of_an_error_gets_out(tag, zipped, end):
    body = ('<Error><Code>ExpiredToken</Code><%s>' % tag + end.replace(
        '%s', tag)).encode()
    error = refused(answer(400, gzipped(body), {'Content-Encoding': 'gzip'})
                    if zipped else answer(400, body))
    assert b'hunter2' not in error.response.content + pickle.dumps(error)
    assert 'hunter2' not in str(error) + repr(vars(error))


INSIDE = '<Error><Code>%s</Code></Error>'


@each('code, kind', [
    ('NoSuchKey', tinys3.NotFound), ('AccessDenied', tinys3.AccessDenied),
    ('PreconditionFailed', tinys3.PreconditionFailed),
    ('InternalError', tinys3.ResponseError)])
def test_an_error_inside_a_200_has_the_class_of_its_code(code, kind):
    error = refused(answer(200, (INSIDE % code).encode()), copy)
    assert (type(error), error.status_code, error.code) == (kind, 200, code)


@each('service', ['s3tables', 's3vectors', 'execute-api'])
def test_a_service_that_only_sounds_like_s3_is_none(service):
    url = 'https://host/buckets/arn%3Aaws'
    twice = tinys3.sign('GET', url, {}, EMPTY_SHA, tinys3.Credentials(
        'a', 's'), 'us-east-1', service, NOW)
    assert 'X-Amz-Content-Sha256' not in twice


def test_a_password_in_a_url_is_not_repeated():
    with pytest.raises(ValueError) as caught:
        tinys3.sign('GET', 'https://user:hunter2@h/', {}, '', tinys3.
                    Credentials('a', 's'), 'us-east-1')
    assert 'hunter2' not in str(caught.value)


@each('first', [INSIDE % 'InternalError', '<CopyObjectResult><ETag>"a"<', ''])
def test_a_copy_that_failed_inside_a_200_is_tried_again(first):
    done = b'<CopyObjectResult><ETag>&quot;a&quot;</ETag></CopyObjectResult>'
    with talk(answer(200, first.encode()), answer(200, done)) as (
            conn, script):
        assert copy(conn).etag == 'a'
    assert len(script.requests) == 2


@each('space', ['%s', '\n \n%s', '<?xml version="1.0"?>\n\n\n%s',
                '\n \n<?xml version="1.0"?>%s'])
def test_white_space_may_come_before_xml(space):
    """It keeps the connection warm while S3 copies."""
    error = refused(answer(200, (space % INSIDE % 'NoSuchKey').encode()), copy)
    assert type(error) is tinys3.NotFound


def test_delete_many_tells_which_keys_failed():
    error = refused(answer(200, b'<DeleteResult><Error><Key>a</Key><Code>'
                                b'AccessDenied</Code></Error></DeleteResult>'),
                    lambda conn: conn.delete_many(['a', 'b']))
    assert isinstance(error, tinys3.BatchError) and error.deleted == ['b']
    assert [(key, type(found), found.key)
            for key, found in error.errors.items()] == [
        ('a', tinys3.AccessDenied, 'a')]


@each('call', [
    list_all, copy, lambda conn: conn.get('k'), lambda conn: conn.delete('k'),
    lambda conn: conn.upload('k', b''), lambda conn: conn.list_buckets(),
    lambda conn: conn.delete_many(['k'])])
@each('body', [b'<html><body>Log\nin</body></html>', b'<html><br>Log\nin'])
def test_the_page_of_a_portal_is_no_answer_of_s3(call, body):
    error = refused(answer(200, body, {'Content-Type': 'text/html'}), call)
    if isinstance(error, tinys3.BatchError):
        error = error.errors['k']
    assert type(error) is tinys3.TransportError
    assert 'text/html' in str(error) and 'Log in' in str(error)


@each('call', [lambda conn: conn.get('k', stream=True),
               lambda conn: conn.exists('k')])
def test_a_portal_is_known_before_its_page_is_read(call):
    page = answer(200, b'', {'Content-Type': 'text/html'}, length=100
                  ).replace(b'ETag: "e"\r\n', b'')
    with talk(page, retry=1) as (conn, _):
        with pytest.raises(tinys3.TransportError, match='web page'):
            call(conn)


def test_an_upload_without_etag_was_not_stored_by_s3():
    with talk(b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
              retry=1) as (conn, _):
        with pytest.raises(tinys3.TransportError, match='ETag'):
            conn.upload('k', b'x')


@each('first', ['<Error xmlns="http://x/"><Code>InternalError</Code></Error>',
                ' <?xml version="1.0"?>\n<Error><Code>SlowDown</Code></Error>'])
def test_an_error_inside_a_200_to_a_post_is_tried_again(first):
    with talk(answer(200, first.encode()), answer(200, b'ok')) as (
            conn, script):
        assert conn.request('POST', 'k').content == b'ok'


def test_what_was_loaded_can_be_read_piece_by_piece():
    response = fetch(b'0123456789')
    assert response.read(4) + response.read() == response.content
    again = pickle.loads(pickle.dumps(response))
    assert again.read() == b'0123456789'


def test_a_streamed_answer_of_any_method_is_left_to_be_read():
    with talk(answer(200, b'0123456789')) as (conn, _):
        with conn.request('POST', 'k', stream=True) as response:
            assert response.read() == b'0123456789'


def test_a_closed_stream_does_not_look_as_if_it_had_ended():
    with streaming(b'0123456789' * 20000) as response:
        response.read(10)
        response.close()
        with pytest.raises(ValueError, match='closed'):
            response.read()


def test_a_broken_stream_stays_broken():
    with talk(answer(200, b'12', length=9), retry=1) as (conn, script):
        response = conn.get('k', stream=True)
        assert response.read(2) == b'12'
        script.close()
        for _ in range(2):
            with pytest.raises(tinys3.TransportError):
                response.read()


@each('stored', [{}, {'x-amz-checksum-crc32': 'y/Q5Jg=='}])
def test_content_may_be_had_before_it_is_read(stored):
    with streaming(b'123456789', headers=stored) as response:
        assert response.content == response.read() == b'123456789'


def test_pickling_leaves_the_place_where_one_reads():
    response = fetch(b'0123456789')
    assert response.read(3) == b'012'
    assert pickle.loads(pickle.dumps(response)).read() == b'0123456789'
    assert response.read(3) == b'345'


def test_half_a_stream_does_not_pickle():
    with streaming(b'0123456789') as response:
        response.read(1)
        with pytest.raises(RuntimeError, match='already read'):
            pickle.dumps(response)


def test_chunks_that_are_fewer_than_the_range_are_refused():
    raw = (b'HTTP/1.1 206 OK\r\nContent-Range: bytes 0-9/100\r\n'
           b'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n')
    for stream in False, True:
        with talk(raw, retry=1) as (conn, _):
            with pytest.raises(tinys3.IntegrityError):
                conn.get('k', byte_range=(0, 9), stream=stream).read()


@each('told', ['bytes 0-%s/*', 'bytes %s-9/10', 'bytes 0-8/%s'])
def test_a_range_of_absurd_numbers_is_refused(told):
    raw = answer(206, b'0123456789', {'Content-Range': told % ('9' * 5000)})
    with talk(raw, retry=1) as (conn, _):
        with pytest.raises(tinys3.IntegrityError):
            conn.get('k', byte_range=(0, 9))


def test_the_whole_object_may_answer_a_range_that_asks_for_it():
    with talk(answer(200, b'0123456789')) as (conn, _):
        assert conn.get('k', byte_range=(0, None)).content == b'0123456789'


def test_an_empty_object_answers_any_range_from_its_start():
    with talk(error_answer(416, 'InvalidRange')) as (conn, _):
        response = conn.get('k', byte_range=(0, 9))
    assert (response.ok, response.content, response.read()) == (
        True, b'', b'')


@each('text', ['9' * 400, 'Mon, 01 Jan 0000 00:00:00 GMT'])
@each('name', ['Retry-After', 'x-amz-retry-after'])
def test_an_absurd_wait_is_no_error_of_ours(name, text):
    with talk(answer(503, headers={name: text}), answer()) as (conn, _):
        conn.head('k')
        assert 0 <= conn.naps[0] <= 20


@each('entry', ['<Size>5</Size>', '<Key>k</Key><Size>many</Size>'])
def test_a_listing_that_lacks_something_is_no_error_of_the_caller(entry):
    page = answer(body=('<ListBucketResult><Contents>%s</Contents>'
                        '</ListBucketResult>' % entry).encode())
    with talk(page) as (conn, _), pytest.raises(tinys3.TransportError):
        list(conn.list())


def test_xml_of_an_unknown_encoding_is_refused():
    page = answer(body=b'<?xml version="1.0" encoding="foo"?><a/>')
    with talk(page, retry=1) as (conn, _):
        with pytest.raises(tinys3.TransportError):
            conn.list_buckets()


def test_a_folded_header_may_begin_with_nothing():
    raw = answer(headers={'x-amz-meta-a': '\r\n b\r\n\tc '})
    with talk(raw) as (conn, _):
        assert conn.head('k').metadata == {'a': 'b c'}


@each('text', ['\u00e0', '\u00c5'])
def test_metadata_that_is_raw_utf_8_keeps_its_last_byte(text):
    raw = answer(headers={'x-amz-meta-a': text.encode().decode('latin-1')})
    with talk(raw) as (conn, _):
        assert conn.head('k').metadata == {'a': text}


def test_metadata_that_is_not_rfc_2047_stays_as_it_is():
    value = '=?utf-8?b?abcde?='
    with talk(answer(headers={'x-amz-meta-a': value})) as (conn, _):
        assert conn.head('k').metadata == {'a': value}


def test_more_xml_than_is_sane_is_refused(monkeypatch):
    monkeypatch.setattr(tinys3, '_MAX_XML', 1000)
    page = answer(body=b'<ListBucketResult>%s</ListBucketResult>'
                  % (b' ' * 1000))
    with talk(page, retry=1) as (conn, _):
        with pytest.raises(tinys3.TransportError, match='1000 bytes'):
            list(conn.list())


def test_more_elements_than_any_answer_has_are_refused(monkeypatch):
    monkeypatch.setattr(tinys3, '_MAX_ELEMENTS', 100)
    with pytest.raises(ValueError, match='too much'):
        tinys3._xml(b'<a>%s</a>' % (b'<b/>' * 100))
    assert len(tinys3._xml(b'<a>%s</a>' % (b'<b/>' * 99)).children) == 99


def test_a_zipped_bomb_of_an_error_is_cut():
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    body = bomb.compress(b' ' * 10 ** 7) + bomb.flush()
    with talk(answer(403, body, {'Content-Encoding': 'gzip'})) as (conn, _):
        with pytest.raises(tinys3.AccessDenied) as caught:
            conn.get('k')
    assert len(caught.value.response.content) <= 64 * 1024


def test_text_between_elements_costs_no_more_than_elements():
    began = time.perf_counter()
    page = tinys3._xml(b'<a>%s</a>' % (
        (b'x' * 400 + b'<b/>') * 20000))
    assert len(page.children) == 20000 and page.content == 'x' * 400
    assert time.perf_counter() - began < 3


def test_an_html_object_is_no_page_of_a_portal():
    assert fetch(b'<html>', {'Content-Type': 'text/html', 'ETag': '"a"'}
                 ).content == b'<html>'


@each('body', [b'<html>nginx</html>', b'<html><br>nginx', b'nginx'])
def test_an_error_of_a_proxy_is_shown(body):
    error = refused(answer(502, body, {'Content-Type': 'text/html'}))
    assert error.code == 'BadGateway' and 'nginx' in str(error)


BOMB = (b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
        b'<ListBucketResult><Name>&b;</Name></ListBucketResult>')
OUTSIDE = (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
           b'<ListBucketResult><Name>&x;</Name></ListBucketResult>')


@each('body', [
    b'', b'no xml', b'<ListBucketResult><Contents>', b'<ListBucketResult>&#',
    b'<A/><B/>', b'<ListBucketResult/>\x01', b'&#1f;', BOMB, OUTSIDE,
    b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><ListBucketResult/>',
    b'<!DOCTYPE ListBucketResult><ListBucketResult/>', b'<a>' * 100000,
    b'<ListBucketResult>%s%s</ListBucketResult>' % (
        b'<a>' * 40, b'</a>' * 40), b'<ListAllMyBucketsResult/>'])
def test_xml_that_is_cut_or_a_trap_is_refused(body):
    error = refused(answer(200, body), list_all)
    assert type(error) is tinys3.TransportError
    assert 'root:' not in str(error) and len(str(error)) < 2000


ROW = (b'<Contents><Key>a%2Bb</Key><LastModified>2013-05-24T00:00:00.000Z'
       b'</LastModified><ETag>&quot;e&quot;</ETag><Size>3</Size>'
       b'<StorageClass>STANDARD</StorageClass></Contents>')
PAGE_OF_ROWS = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult '
    b'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>'
    b'<EncodingType>url</EncodingType>%s<IsTruncated>true</IsTruncated>'
    b'<NextMarker>m</NextMarker></ListBucketResult>')


def read_both_ways(data):
    """Read a page by its rows, and as any XML; return the rows as well."""
    fast, slow = tinys3._xml_of_listing(data), tinys3._xml(data)
    assert tinys3._entries(fast) == tinys3._entries(slow)
    assert tinys3._next_page(fast) == tinys3._next_page(slow)
    return fast.rows


@each('page', [
    ROW.replace(b'<Contents>', b'<Contents\t>') + ROW,
    ROW + ROW.replace(b'</Contents>', b'</Contents\n>'),
    ROW + ROW.replace(b'<Contents>', b'<Contents a="b">').replace(
        b'</Contents>', b'</Contents >')])
def test_rows_that_are_written_otherwise_are_not_lost(page):
    assert not read_both_ways(PAGE_OF_ROWS % page)


@each('row', [
    ROW, ROW.replace(b'&quot;', b'&#34;'), ROW.replace(b'&quot;', b'"'),
    ROW.replace(b'<StorageClass>STANDARD</StorageClass>', b''),
    ROW.replace(b'<Size>', b'<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>'
                b'<ChecksumType>FULL_OBJECT</ChecksumType><Size>'),
    ROW.replace(b'<Storage', b'<Owner><ID>1</ID><DisplayName>x</DisplayName>'
                b'</Owner><Storage')])
def test_usual_rows_of_a_listing_need_no_elements(row):
    rows = read_both_ways(PAGE_OF_ROWS % (row * 3))
    assert [row[:4] for row in rows] == [
        ('a%2Bb', '2013-05-24T00:00:00.000Z', 'e', '3')] * 3


@each('rows', [
    b'', ROW.replace(b'a%2Bb', b'a&amp;b'), ROW.replace(b'a%2Bb', b'&#97;'),
    ROW.replace(b'a%2Bb', b'\xc3\xa4'), ROW.replace(b'a%2Bb', b'a\r\nb'),
    ROW.replace(b'a%2Bb', b'<![CDATA[a]]>'),
    ROW.replace(b'a%2Bb', b'a<!-- b -->'), ROW.replace(b'a%2Bb', b'a"b'),
    ROW + b'<!-- ' + ROW + b' -->', b'<!-- ' + ROW + b' -->',
    b'<![CDATA[' + ROW + b']]>', b'<?x ' + ROW + b'?>',
    b'<Other>' + ROW + b'</Other>', ROW + b'\n' + ROW, ROW + b'text' + ROW,
    ROW + b'<CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes>' + ROW,
    ROW.replace(b'Key>', b'n:Key>'), ROW.replace(b'<Key>', b'<Key a="b">'),
    ROW.replace(b'<Contents>', b'<Contents xmlns="urn:x">'),
    ROW.replace(b'<Contents>', b'<Contents><Size>1</Size>'),
    ROW.replace(b'</Contents>', b'<RestoreStatus/></Contents>'),
    ROW.replace(b'<Size>3</Size>', b''), ROW + b'<tinys3/>',
    ROW.replace(b'&quot;e', b'W/&quot;e'), ROW.replace(b'e&quot;', b'e'),
    ROW.replace(b'&quot;', b'')])
def test_unusual_rows_of_a_listing_go_to_the_reader(rows):
    page = PAGE_OF_ROWS.replace(b'xmlns=', b'xmlns:n="urn:n" xmlns=') % rows
    assert not read_both_ways(page)


@each('rows', [
    ROW.replace(b'a%2Bb', b'&a;'), ROW.replace(b'a%2Bb', b'a]]>b'),
    ROW.replace(b'a%2Bb', b'\xff'), ROW.replace(b'a%2Bb', b'<'),
    ROW + b'</ListBucketResult>', ROW[:-1], ROW[1:], b'<x a="' + ROW + b'"/>',
    b'<!DOCTYPE a>' + ROW])
def test_broken_rows_of_a_listing_are_refused(rows):
    for read in tinys3._xml_of_listing, tinys3._xml:
        with pytest.raises(ValueError):
            read(PAGE_OF_ROWS % rows)


LISTING = ('<ListBucketResult><Contents><Key>%s</Key></Contents>%s'
           '</ListBucketResult>')


def listed(key, more='', xml=LISTING):
    """List a bucket of one key."""
    with talk(answer(200, (xml % (key, more)).encode())) as (conn, _):
        return list_all(conn)


@each('written, key', [
    ('\x01', '\x01'), ('&#x1;', '\x01'), ('&#1;', '\x01'), ('&#x01;', '\x01'),
    ('\x02&#x9;&amp;#1;&#x42;\u00e4', '\x02\t&#1;B\u00e4')])
def test_control_characters_in_xml_are_read(written, key):
    assert listed(written) == [key]


@each('more, key', [('', 'a+b%2Bc%C3%A4'),
                    ('<EncodingType>url</EncodingType>', 'a b+c\u00e4')])
def test_keys_are_decoded_only_if_the_answer_is_encoded(more, key):
    assert listed('a+b%2Bc%C3%A4', more=more) == [key]


def test_markers_may_differ_in_line_breaks_alone():
    pages = [answer(body=(LISTING % (key, '<Marker/>' + more)).encode())
             for key, more in (('&#10;', '<IsTruncated>true</IsTruncated>'),
                               ('a', '<IsTruncated>true</IsTruncated>'),
                               ('a&#10;', '<IsTruncated>true</IsTruncated>'),
                               ('b', ''))]
    with talk(*pages) as (conn, _):
        assert list_all(conn) == ['\n', 'a', 'a\n', 'b']


@each('xml', [
    LISTING, LISTING.replace('Result>', 'Result xmlns="urn:x">', 1),
    LISTING.replace('<', '<n:').replace('<n:/', '</n:').replace(
        'Result>', 'Result xmlns:n="urn:x">', 1)], ids=['no', 'one', 'prefix'])
def test_a_listing_is_read_in_any_namespace(xml):
    assert listed('a&amp;b', xml=xml) == ['a&b']


@each('codec', ['unicode_escape', 'idna', 'zlib_codec', 'latin-1'])
def test_xml_is_utf_8_whatever_codec_it_names(codec):
    page = '<?xml version="1.0" encoding="%s"?><A><B>\u00e4\\]</B></A>' % codec
    assert tinys3._xml(page.encode()).text('B') == '\u00e4\\]'


# ---------------------------------------------------------------------------
# Retry: which failures may pass, and how long to wait
# ---------------------------------------------------------------------------

def failure(status, code='Whatever'):
    return tinys3.ResponseError(status_code=status, code=code)


def test_a_retry_is_a_value():
    retry = tinys3.Retry(3, base_delay=1)
    assert retry == tinys3.Retry(attempts=3, base_delay=1, max_delay=20.0)
    assert pickle.loads(pickle.dumps(retry)) == retry
    assert len({retry, tinys3.Retry(3, 1)}) == 1
    assert repr(retry) == 'Retry(attempts=3, base_delay=1, max_delay=20.0)'


@each('name', ['attempts', 'base_delay', 'other'])
def test_a_retry_does_not_change(name):
    with pytest.raises(AttributeError):
        setattr(tinys3.Retry(), name, 1)


@each('attempt, status, code, bound', [
    (1, 500, 'InternalError', 0.05), (2, 500, 'InternalError', 0.1),
    (5, 500, 'InternalError', 0.8), (20, 500, 'InternalError', 20),
    (5000, 500, 'InternalError', 20), (1, 503, 'SlowDown', 1),
    (1, 429, 'TooMany', 1), (3, 400, 'Throttling', 4), (9, 503, '', 20)])
def test_a_delay_is_drawn_below_a_growing_bound(attempt, status, code, bound):
    error = failure(status, code)
    drawn = [tinys3.Retry().delay(attempt, error) for _ in range(200)]
    assert 0 <= min(drawn) < bound / 2 < max(drawn) <= bound


@each('error', [
    failure(500), failure(502), failure(503, 'SlowDown'), failure(504),
    failure(408), failure(429), failure(400, 'RequestTimeout'),
    failure(400, 'RequestTimeoutException'), failure(400, 'InternalError'),
    failure(400, 'PriorRequestNotComplete'), failure(400, 'Throttling'),
    failure(409, 'OperationAborted'), failure(200, 'InternalError'),
    failure(409, 'ConditionalRequestConflict'), failure(200, 'Unheard'),
    failure(509, 'BandwidthLimitExceeded'), tinys3.TransportError('reset'),
    tinys3.IntegrityError('crc')], ids=repr)
def test_what_may_pass_is_tried_again(error):
    assert tinys3.Retry().wants(error) is True


@each('error', [
    failure(501, 'NotImplemented'), failure(505), failure(404), failure(416),
    failure(403, 'AccessDenied'), failure(403, 'SignatureDoesNotMatch'),
    failure(412), failure(400, 'InvalidArgument'), failure(301),
    failure(409, 'BucketNotEmpty'), failure(200, 'NoSuchKey'),
    failure(200, 'AccessDenied'), failure(200, 'PreconditionFailed'),
    tinys3.CredentialsError('none'), tinys3.BatchError('some')], ids=repr)
def test_what_lasts_is_not_tried_again(error):
    assert tinys3.Retry().wants(error) is False


@each('headers, naps', [
    ({'Retry-After': '7'}, [7]), ({'Retry-After': '0'}, [0]),
    ({'Retry-After': '3600'}, [20]), ({'x-amz-retry-after': '1500'}, [1.5]),
    ({'x-amz-retry-after': '99000'}, [20]),
    ({'Retry-After': 'Fri, 24 May 2013 00:00:09 GMT'}, [9]),
    ({'Retry-After': 'Sat, 25 May 2013 00:00:00 GMT'}, [20]),
    ({'Retry-After': 'Thu, 23 May 2013 00:00:00 GMT'}, [0])])
def test_retry_after_is_obeyed_up_to_20_seconds(headers, naps):
    with talk(answer(503, b'', headers), answer(),
              retry=tinys3.Retry(2, max_delay=0.01)) as (conn, _):
        conn._clock = lambda: NOW
        conn.head('k')
    assert conn.naps == naps


@each('text', ['soon', '-1', 'nan', 'Fri, 99 Foo 2013 00:00:09 GMT',
               '', '\u00b2'])
def test_a_malformed_retry_after_is_ignored(text):
    with talk(answer(500, headers={'Retry-After': text}), answer()) as (
            conn, _):
        conn._clock = lambda: NOW
        conn.head('k')
    assert 0 <= conn.naps[0] <= 0.05


@each('retry, variable, attempts', [
    (1, '2', 1), (3, '2', 3), (None, '', 5), (None, '2', 2), (None, 'x', 5),
    (tinys3.Retry(4), '2', 4)])
def test_attempts_count_the_first(retry, variable, attempts, monkeypatch):
    monkeypatch.setenv('AWS_MAX_ATTEMPTS', variable)
    with talk(*[answer(500)] * 9, retry=retry) as (conn, script):
        with pytest.raises(tinys3.ResponseError) as caught:
            conn.get('k')
    assert len(script.requests) == attempts == len(conn.naps) + 1
    assert ('%d attempts' % attempts in str(caught.value)) is (attempts > 1)


def test_every_attempt_is_signed_afresh():
    """Also past midnight: the script checks the signatures."""
    now = [NOW + 86399]
    with talk(answer(500), answer(500), answer()) as (conn, script):
        conn._clock = lambda: now[0]
        conn._sleep = lambda seconds: now.append(now.pop() + 1)
        conn.upload('k', b'data')
    assert [asked.headers['x-amz-date'] for asked in script.requests] == [
        '20130524T235959Z', '20130525T000000Z', '20130525T000001Z']


def test_an_attempt_that_failed_is_logged_without_secrets(caplog):
    with talk(error_answer(503, 'SlowDown'), answer()) as (conn, _):
        conn.get('k')
    assert 'attempt 1' in caplog.text and 'SlowDown' in caplog.text
    assert SECRET not in caplog.text and 'Signature' not in caplog.text


def test_further_tries_are_paced_when_too_many_fail():
    retry = tinys3.Retry(attempts=150, base_delay=0)
    with talk(*[error_answer(500, 'InternalError')] * 150,
              retry=retry) as (conn, script):
        with pytest.raises(tinys3.ResponseError, match='150 attempts'):
            conn.get('k')
    assert conn.naps[:100] == [0.0] * 100
    assert 0 < conn.naps[-1] < 20 and sorted(conn.naps) == conn.naps


def test_what_succeeds_brings_the_tries_back():
    retry = tinys3.Retry(attempts=101, base_delay=0)
    storm = [error_answer(500, 'InternalError')] * 100 + [answer(body=b'x')]
    with talk(*storm + [answer(body=b'x')] * 20 + storm[-6:],
              retry=retry) as (conn, script):
        for _ in range(21):
            conn.get('k')
        conn.naps.clear()
        conn.get('k')
    assert conn.naps == [0.0] * 5


def test_no_try_waits_longer_than_twenty_seconds():
    budget = tinys3._Budget()
    assert max(budget.spend() for _ in range(1000)) == 20.0


AS_SENT = {'ETag': '"%s"' % hashlib.md5(b'data').hexdigest()}
LOST = [None, error_answer(412, 'PreconditionFailed')]


@each('headers', [AS_SENT, {'ETag': '"x-1"', 'x-amz-checksum-sha256':
                            base64.b64encode(b'own').decode()}],
      ids=['ETag', 'checksum'])
def test_a_conditional_upload_whose_answer_was_lost_is_looked_up(headers):
    with talk(*LOST + [answer(headers=headers, length=4)]) as (conn, script):
        response = conn.upload('k', b'data', headers={
            'If-None-Match': '*', 'x-amz-checksum-sha256':
            base64.b64encode(b'own').decode()})
    assert response.etag == headers['ETag'].strip('"')
    assert [asked.method for asked in script.requests] == [
        'PUT', 'PUT', 'HEAD']


NOON = 'Tue, 05 Nov 2013 12:00:0%d GMT'
COPIED = {'Content-Type': 'text/x', 'x-amz-meta-a': '1', 'ETag': '"new"',
          'Last-Modified': NOON % 1}


@each('found, size, fine', [
    (COPIED, 4, True), (dict(COPIED, **{'x-amz-meta-a': '2'}), 4, False),
    (COPIED, 5, False), (dict(COPIED, **{'Last-Modified': NOON % 0}), 4, None),
    (dict(COPIED, **{'Last-Modified': NOON % 0, 'ETag': '"old"'}), 4, True),
    (None, 0, False)],
    ids=['ours', 'metadata', 'size', 'as old', 'the same', 'none'])
@each('acl, asks', [
    ([error_answer(403, 'AccessDenied')],
     lambda conn: conn.update_metadata('k', {'a': '1'})),
    ([], lambda conn: conn.copy('k', 'bucket', 'to', metadata={'a': '1'}))],
    ids=['update_metadata', 'copy'])
def test_a_copy_whose_answer_was_lost_is_looked_up(
        acl, asks, found, size, fine):
    head = answer(headers={
        'Content-Type': 'text/x', 'ETag': '"old"', 'x-amz-meta-a': '0',
        'Date': NOON % 0}, length=4)
    after = error_answer(404, 'NoSuchKey') if found is None else answer(
        headers=found, length=size)
    with talk(head, *acl + LOST + [after]) as (conn, script):
        if bool(acl) if fine is None else fine:    # onto itself, it is new
            assert asks(conn).etag == found['ETag'].strip('"')
        else:
            with pytest.raises(tinys3.PreconditionFailed):
                asks(conn)
    assert [asked.method for asked in script.requests][-3:] == [
        'PUT', 'PUT', 'HEAD']


def test_what_a_refused_copy_would_have_taken_the_place_of_is_no_copy():
    head = answer(headers={'Content-Type': 'text/x', 'Date': NOON % 0})
    refusals = error_answer(503, 'SlowDown'), LOST[1]
    with talk(head, *refusals, answer(headers={
            'Content-Type': 'text/x', 'Last-Modified': NOON % 0,
            'ETag': '"e"'}, length=9)) as (conn, _):
        with pytest.raises(tinys3.PreconditionFailed):
            conn.copy('k', 'bucket', 'to', metadata={'Content-Type': 'text/x'},
                      headers={'If-None-Match': '*'})


def test_where_there_are_no_acls_the_head_has_the_customers_key():
    key = {'x-amz-server-side-encryption-customer-key': 'k'}
    with talk(error_answer(400, 'AccessControlListNotSupported'),
              answer()) as (conn, script):
        conn.update_metadata('k', public=False, headers=key)
    assert set(key) <= set(script.requests[1].headers)


def test_a_bucket_that_is_made_anew_is_made_in_our_region():
    with talk(answer()) as (conn, script):
        conn._regions['bucket'] = 'eu-west-1'
        conn.create_bucket('bucket')
    assert '/us-east-1/' in script.requests[0].headers['authorization']


@each('name', ['X-Amz-Expires', 'x-amz-signature'])
def test_the_query_of_a_signature_is_ours(name):
    with pytest.raises(ValueError, match='set by tinys3'):
        tinys3.Connection(ACCESS, SECRET, 'bucket').presign(
            'k', query={name: '1'})


@each('script', [
    LOST[1:], LOST + [answer(headers=AS_SENT, length=5)],
    LOST + [answer(headers={'ETag': '"other"'}, length=4)],
    LOST + [error_answer(403, 'AccessDenied')],
    LOST + [None] * 3], ids=['at once', 'longer', 'other', '403', 'gone'])
def test_a_conditional_upload_that_is_of_another_fails(script):
    with talk(*script, retry=3) as (conn, script):
        with pytest.raises(tinys3.PreconditionFailed):
            conn.upload('k', b'data', headers={'If-None-Match': '*'})


@each('etag, stored', [('whole', True), ('other', False)])
def test_a_conditional_completion_whose_answer_was_lost_is_looked_up(
        etag, stored):
    part = hashlib.md5(b'part')
    whole = '"%s-1"' % hashlib.md5(part.digest()).hexdigest()
    page = ('<ListPartsResult><Part><PartNumber>1</PartNumber><ETag>%s</ETag>'
            '</Part></ListPartsResult>' % part.hexdigest()).encode()
    with talk(answer(body=page), *LOST + [answer(headers={
            'ETag': whole if stored else '"x"'})]) as (conn, script):
        upload = tinys3.MultipartUpload(conn, 'bucket', 'k', 'id')
        if stored:
            assert upload.complete_upload().etag == whole.strip('"')
        else:
            with pytest.raises(tinys3.PreconditionFailed):
                upload.complete_upload()


def test_each_request_is_a_line_at_level_debug(caplog):
    caplog.set_level('DEBUG', 'tinys3')
    with talk(error_answer(500, 'InternalError'),
              answer(body=b'x')) as (conn, script):
        conn.get('k', headers={'x-amz-meta-a': 'b'})
    levels = [record.levelname for record in caplog.records]
    assert levels == ['DEBUG', 'WARNING', 'DEBUG']
    assert 'GET %s/bucket/k: 200 in ' % script.endpoint in caplog.text


# ---------------------------------------------------------------------------
# Credentials: where keys come from, when they are renewed
# ---------------------------------------------------------------------------

PAIR = b'aws_access_key_id = %s\naws_secret_access_key = s%%(x)s/+=\n'


def key_of(**options):
    """Return the access key and the session token that sign a URL."""
    url = tinys3.Connection(**options).presign('k', 'bucket')
    query = urllib.parse.parse_qs(url.partition('?')[2])
    return (query['X-Amz-Credential'][0].split('/')[0],
            query.get('X-Amz-Security-Token', [None])[0])


@pytest.fixture
def environment(monkeypatch):
    """Set the key variables."""
    def use(access='E', secret='s', token=''):
        monkeypatch.setenv('AWS_ACCESS_KEY_ID', access)
        monkeypatch.setenv('AWS_SECRET_ACCESS_KEY', secret)
        monkeypatch.setenv('AWS_SESSION_TOKEN', token)
    return use


def test_explicit_keys_win_over_the_environment(environment):
    environment(token='t')
    assert key_of(access_key='A', secret_key='s') == ('A', None)


def test_an_explicit_session_token_is_sent_and_signed():
    asked = only_request(lambda c: c.get('k'), session_token='the/token==')
    assert asked.headers['x-amz-security-token'] == 'the/token=='


@each('token, used', [('', None), ('tok', 'tok')])
def test_keys_come_from_the_environment(token, used, environment):
    environment(token=token)
    assert key_of() == ('E', used)


@each('access, secret, lack', [
    ('hunter2', '', 'not AWS_SECRET_ACCESS_KEY'),
    ('', 'hunter2', 'not AWS_ACCESS_KEY_ID'),
    ('A', 'hunter2 \n x', 'secret_key')])
def test_half_a_pair_or_a_broken_key_fails_at_first_use(
        access, secret, lack, environment):
    environment(access, secret)
    conn = tinys3.Connection()
    with pytest.raises(tinys3.CredentialsError, match=lack) as caught:
        conn.presign('k', 'bucket')
    assert 'hunter2' not in str(caught.value)


@each('config, credentials, used', [
    (b'', b'[default]\n' + PAIR % b'A', 'A'),
    (b'[default]\n' + PAIR % b'C', b'', 'C'),
    (b'[default]\n' + PAIR % b'C', b'[default]\n' + PAIR % b'A', 'A'),
    (b'', b'\xef\xbb\xbf[default]\r\n' + PAIR % b'A', 'A'),
    (b'', b'# a\n; b\n[default]\n# c\n' + PAIR % b'A   # inline', 'A'),
    (b'[default]\ns3 =\n    a = b\n    c = d\nregion = eu-west-1\n',
     b'[default]\n' + PAIR % b'A', 'A'),
    (b'', b'[x]\n' + PAIR % b'X' + b'[default]\n' + PAIR % b'A', 'A')])
def test_keys_come_from_the_shared_files(
        config, credentials, used, shared_files):
    shared_files(config, credentials)
    assert key_of() == (used, None)


def test_a_secret_with_a_percent_sign_is_read_as_it_is(shared_files):
    shared_files(credentials=b'[default]\n' + PAIR % b'A')
    with Script(answer(), secret='s%(x)s/+=') as script:
        with tinys3.Connection(endpoint=script.endpoint) as conn:
            conn.get('k', 'bucket')
    assert 'Credential=A/' in script.requests[0].headers['authorization']


def test_the_default_profile_may_be_named_like_the_others(shared_files):
    shared_files(b'[profile default]\n' + PAIR % b'P')
    assert key_of() == ('P', None)


@each('name, section', [
    ('my work', '[profile "my work"]'), ('my work', "[profile 'my  work']"),
    ('a|b', "[ profile  'a|b' ]"), ('work', '["profile" work]'),
    ("o'brien", "[profile o'brien]")])
def test_the_name_of_a_profile_may_be_quoted(name, section, shared_files):
    shared_files(section.encode() + b'\n' + PAIR % b'Q')
    assert key_of(profile=name) == ('Q', None)


def test_a_failed_renewal_is_not_tried_at_every_request():
    calls = []

    def provide():
        calls.append(1)
        if len(calls) > 1:
            raise RuntimeError('not now')
        return tinys3.Credentials('a', 's', expires_at=NOW + 1000)
    used = keys_over_time(provide, 0, 900, 901, 902, 970)
    assert (used, len(calls)) == (['a'] * 5, 3)


@each('way', ['argument', 'AWS_PROFILE', 'AWS_DEFAULT_PROFILE'])
def test_a_profile_is_chosen(way, monkeypatch, shared_files):
    shared_files(b'[profile work]\nregion = eu-west-3\n'
                 b'aws_session_token = t\n' + PAIR % b'C',
                 b'[default]\n' + PAIR % b'D' + b'[work]\n' + PAIR % b'W')
    monkeypatch.setenv(way, 'work')
    options = {'profile': 'work'} if way == 'argument' else {}
    assert key_of(**options) == ('W', None)     # never half of each file
    assert '.eu-west-3.' in tinys3.Connection(**options).presign('k', 'abc')


def test_files_are_found_in_the_home_folder(home):
    (home / '.aws' / 'credentials').write_bytes(
        b'[default]\n' + PAIR % b'H')
    assert key_of() == ('H', None)


@each('options, used', [({'profile': 'work'}, 'W'), ({}, 'E')])
def test_only_an_explicit_profile_wins_over_the_environment(
        options, used, monkeypatch, environment, shared_files):
    environment()
    shared_files(credentials=b'[work]\n' + PAIR % b'W')
    monkeypatch.setenv('AWS_PROFILE', 'work')
    assert key_of(**options) == (used, None)


@each('variables', [{}, {'AWS_WEB_IDENTITY_TOKEN_FILE': 'nowhere'}])
def test_a_profile_that_is_passed_never_gets_the_keys_of_another(
        variables, monkeypatch, environment, shared_files):
    environment(*[] if not variables else ['', ''])
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    shared_files(b'[profile work]\nregion = eu-west-3\n')
    monkeypatch.setenv('AWS_EC2_METADATA_DISABLED', 'true')
    with pytest.raises(tinys3.CredentialsError, match=(
            'found .profile work: no aws_access_key_id; container')):
        key_of(profile='work')


def test_a_profile_that_is_nowhere_is_named(shared_files):
    shared_files(b'[profile other]\nregion = x\n')
    with pytest.raises(tinys3.CredentialsError, match="'work'") as caught:
        key_of(profile='work')
    assert 'AWS_CONFIG_FILE' in str(caught.value)


@each('data', [
    b'aws_secret_access_key = hunter2\n', b'[default]\nhunter2\n',
    b'[default\naws_secret_access_key = hunter2\n',
    b'[default]\naws_secret_access_key = hunter2\xff\n'])
def test_a_broken_file_is_named_and_its_content_is_not(data, shared_files):
    shared_files(credentials=data)
    with pytest.raises(tinys3.CredentialsError, match='CREDENTIALS_F') as (
            caught):
        key_of()
    assert 'hunter2' not in ''.join(traceback.format_exception(
        caught.type, caught.value, caught.tb))


def test_without_credentials_nothing_is_sent_and_all_tried_is_told():
    with Script() as script:
        conn = tinys3.Connection(endpoint=script.endpoint)
        with pytest.raises(tinys3.CredentialsError) as caught:
            conn.get('k', 'bucket')
        assert script.connections == 0
    for word in ('GET s3://bucket/k', 'environment', 'profile default',
                 'AWS_ACCESS_KEY_ID', 'access_key'):
        assert word in str(caught.value)


def test_anonymous_requests_are_not_signed(environment):
    environment()
    with Script(answer()) as script, tinys3.Connection(
            anonymous=True, endpoint=script.endpoint) as conn:
        conn.get('k', 'bucket')
        assert '?' not in conn.presign('k', 'bucket')
        with pytest.raises(ValueError, match='anonymous'):
            conn.presign_post('k', 'bucket')
    assert not re.search('authorization|x-amz-', str(script.requests))


@each('access, secret', [('A\n', 's'), (' A', 's'), ('A', ' s\r\n')])
def test_white_space_around_a_key_is_stripped_with_a_warning(
        access, secret, caplog):
    keys = tinys3.Credentials(access, secret)
    assert (keys.access_key, keys.secret_key) == ('A', 's')
    assert [record.levelname for record in caplog.records] == ['WARNING']


@each('make', [
    lambda: tinys3.Credentials(ACCESS, SECRET, 'hunter2'),
    lambda: tinys3.Connection(ACCESS, SECRET, session_token='hunter2'),
    lambda: tinys3.Connection(
        credentials=lambda: tinys3.Credentials(ACCESS, SECRET, 'hunter2'))])
def test_repr_shows_no_secret(make):
    assert SECRET not in repr(make()) and 'hunter2' not in repr(make())


def keys_until(*moments):
    """Return a provider of keys A0, A1, ... that expire some seconds after
    NOW; it fails when there are no more."""
    left = iter(enumerate(moments))

    def provide():
        for number, seconds in left:
            return tinys3.Credentials(
                'A%d' % number, 'secret', None, NOW + seconds)
        raise RuntimeError('no more keys')
    return provide


def keys_over_time(provider, *times):
    """Return the access keys in use at some seconds after NOW."""
    conn = tinys3.Connection(credentials=provider)
    used = []
    for seconds in times:
        conn._clock = lambda now=NOW + seconds: now
        url = conn.presign('k', 'bucket', expires=1)
        used.append(re.search('Credential=([^%]+)', url).group(1))
    return used


def test_keys_are_renewed_before_they_expire():
    assert keys_over_time(keys_until(3600, 7200), 0, 2699, 2700, 3700) == [
        'A0', 'A0', 'A1', 'A1']


def test_keys_that_live_shortly_are_not_renewed_at_every_request():
    assert keys_over_time(keys_until(60, 99), 0, 10, 29) == ['A0'] * 3


def test_keys_without_expiry_are_asked_for_once():
    left = [EXAMPLE]
    assert keys_over_time(left.pop, 0, 10 ** 9) == [EXAMPLE.access_key] * 2


def test_valid_keys_are_kept_while_renewing_fails(caplog):
    assert keys_over_time(keys_until(3600), 0, 3550, 3590) == ['A0'] * 3
    assert 'renewing' in caplog.text


def test_expired_keys_are_not_used_though_renewing_fails():
    with pytest.raises(RuntimeError, match='no more keys'):
        keys_over_time(keys_until(3600), 0, 3601)


def test_keys_that_come_expired_are_refused():
    with pytest.raises(tinys3.CredentialsError, match='expired'):
        keys_over_time(keys_until(-1), 0)


@each('result', [None, ('A', 's'), 'A'])
def test_a_provider_must_return_credentials(result):
    with pytest.raises(TypeError, match='Credentials'):
        keys_over_time(lambda: result, 0)


def test_expires_at_may_be_an_aware_datetime():
    zone = datetime.timezone(datetime.timedelta(hours=2))
    assert tinys3.Credentials('A', 's', expires_at=datetime.datetime(
        2013, 5, 24, 2, tzinfo=zone)).expires_at == NOW


@each('expires', ['tomorrow', datetime.datetime(2013, 5, 24), True])
def test_another_expires_at_is_refused(expires):
    with pytest.raises(TypeError, match='aware datetime'):
        tinys3.Credentials('A', 's', expires_at=expires)


def test_many_threads_renew_keys_once():
    """The first waits a moment for its keys, so that the others meet it."""
    left, gate = [EXAMPLE], threading.Barrier(32)

    def provide():
        threading.Event().wait(0.2)
        return left.pop()
    conn = tinys3.Connection(credentials=provide)

    def use(_):
        gate.wait(10)
        return conn.presign('k', 'bucket')
    with concurrent.futures.ThreadPoolExecutor(32) as threads:
        assert len(list(threads.map(use, range(32)))) == 32


@each('method', ['presign', 'presign_post'])
def test_a_presigned_url_that_outlives_its_keys_is_logged(method, caplog):
    conn = tinys3.Connection(credentials=keys_until(60))
    conn._clock = lambda: NOW
    getattr(conn, method)('k', 'bucket', expires=61)
    assert '20130524T000100Z' in caplog.text


ROLE = 'arn:aws:iam::1:role/x'
ROLES = '/latest/meta-data/iam/security-credentials/'
LATER = '2099-01-01T00:00:00Z'
LOGIN = json.dumps({
    'accessToken': 'bearer', 'expiresAt': '2098-12-31T23:00:00UTC',
    'clientId': 'id', 'clientSecret': 'hunter2', 'refreshToken': 'hunter3',
    'registrationExpiresAt': LATER})


def keys_json(access='FOUND', expiration=LATER, **more):
    """Answer with keys as metadata services do."""
    return answer(200, json.dumps(dict({
        'AccessKeyId': access, 'SecretAccessKey': SECRET, 'Token': 'tok',
        'Expiration': expiration}, **more)).encode())


def role_answer(action='AssumeRole', access='FOUND', expiration=LATER):
    """Answer with keys as STS does."""
    return answer(200, (
        '<%sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        '<%sResult><Credentials><AccessKeyId>%s</AccessKeyId>'
        '<SecretAccessKey>%s</SecretAccessKey><SessionToken>tok'
        '</SessionToken><Expiration>%s</Expiration></Credentials></%sResult>'
        '</%sResponse>' % (action, action, access, SECRET, expiration, action,
                           action)).encode())


def imds_answers(*keys):
    return [answer(200, b'imds-token'), answer(200, b'the-role\n'), *keys]


TOKEN_ROLE = role_answer('AssumeRoleWithWebIdentity')
PORTAL = answer(200, json.dumps({'roleCredentials': {
    'accessKeyId': 'FOUND', 'secretAccessKey': SECRET, 'sessionToken': 'tok',
    'expiration': 4070908800000}}).encode())
PRINT_KEYS = '"%s" "{tmp}/print keys.py"\n' % sys.executable
PROGRAM = 'print(%r)' % json.dumps({
    'Version': 1, 'AccessKeyId': 'FOUND', 'SecretAccessKey': SECRET,
    'SessionToken': 'tok'})
FOUND_KEYS = {'AWS_ACCESS_KEY_ID': 'FOUND', 'AWS_SECRET_ACCESS_KEY': SECRET,
              'AWS_SESSION_TOKEN': 'tok'}
BASE_KEYS = dict(FOUND_KEYS, AWS_ACCESS_KEY_ID='BASE')
STS = {'AWS_ENDPOINT_URL_STS': '{url}'}
WORK = dict(STS, AWS_PROFILE='work')
WEB = dict(STS, AWS_ROLE_ARN=ROLE, AWS_WEB_IDENTITY_TOKEN_FILE='{tmp}/token')
CONTAINER = {'AWS_CONTAINER_CREDENTIALS_FULL_URI': '{url}/c?id=1'}
IMDS = {'AWS_EC2_METADATA_DISABLED': '',
        'AWS_EC2_METADATA_SERVICE_ENDPOINT': '{url}/'}
SSO = {'AWS_ENDPOINT_URL_SSO': '{url}', 'AWS_PROFILE': 'work'}
IN_ROLE = '[profile work]\nrole_arn = %s\n' % ROLE
PORTAL_ROLE = 'sso_account_id = 12\nsso_role_name = Dev\n'
SESSION = ('[profile work]\nsso_session = my\n' + PORTAL_ROLE
           + '[sso-session my]\nsso_region = eu-west-1\n'
             'sso_start_url = https://start\n')
LEGACY = ('[profile work]\nsso_start_url = https://start\n'
          'sso_region = eu-west-1\n' + PORTAL_ROLE)
PORTAL_PATH = '/federation/credentials?role_name=Dev&account_id=12'
GIVERS = {     # answers, environment, config file; what was asked, _source
    'environment': ([], FOUND_KEYS, '', '', 'the environment'),
    'web identity': ([TOKEN_ROLE], WEB, '', '/', 'web identity: role ' + ROLE),
    'profile': ([], {}, '[default]\naws_access_key_id = FOUND\naws_secret_'
                'access_key = %s\naws_session_token = tok' % SECRET, '',
                'profile default'),
    'web identity of a profile': (
        [TOKEN_ROLE], WORK, IN_ROLE + 'web_identity_token_file = {tmp}/token',
        '/', 'profile work: role %s via web_identity_token_file' % ROLE),
    'source_profile': (
        [role_answer()], WORK, IN_ROLE + 'source_profile = base\n[profile '
        'base]\naws_access_key_id = BASE\naws_secret_access_key = ' + SECRET,
        '/', 'profile work: role %s via source_profile base' % ROLE),
    'its own source_profile': (
        [role_answer()], WORK, IN_ROLE + 'source_profile = work\n'
        'aws_access_key_id = BASE\naws_secret_access_key = ' + SECRET,
        '/', 'profile work: role %s via source_profile work' % ROLE),
    'source_profiles': (
        [role_answer(access='BASE'), role_answer()], WORK, IN_ROLE + 'source_'
        'profile = mid\n[profile mid]\nrole_arn = r\nsource_profile = base\n'
        '[profile base]\ncredential_process = ' + PRINT_KEYS, '/ /',
        'profile work: role %s via source_profile mid' % ROLE),
    'Environment': (
        [role_answer()], dict(WORK, **BASE_KEYS), IN_ROLE
        + 'credential_source = Environment', '/',
        'profile work: role %s via credential_source Environment' % ROLE),
    'EcsContainer': (
        [keys_json('BASE'), role_answer()], dict(WORK, **CONTAINER), IN_ROLE
        + 'credential_source = EcsContainer', '/c?id=1 /',
        'profile work: role %s via credential_source EcsContainer' % ROLE),
    'Ec2InstanceMetadata': (
        imds_answers(keys_json('BASE'), role_answer()), dict(WORK, **IMDS),
        IN_ROLE + 'credential_source = Ec2InstanceMetadata',
        '/latest/api/token {roles} {roles}the-role /', 'profile work: role %s '
        'via credential_source Ec2InstanceMetadata' % ROLE),
    'credential_process': (
        [], {}, '[default]\ncredential_process = ' + PRINT_KEYS, '',
        'profile default: credential_process'),
    'SSO session': ([PORTAL], SSO, SESSION, PORTAL_PATH,
                    'profile work: SSO role Dev of account 12'),
    'SSO as it was': ([PORTAL], SSO, LEGACY, PORTAL_PATH,
                      'profile work: SSO role Dev of account 12'),
    'container': ([keys_json()], CONTAINER, '', '/c?id=1',
                  'the container endpoint'),
    'IMDS': (imds_answers(keys_json(Code='Success')), IMDS, '',
             '/latest/api/token {roles} {roles}the-role',
             'IMDS: role the-role')}
each_giver = each('name', sorted(GIVERS))


@pytest.fixture
def world(monkeypatch, tmp_path, home):
    """Set up what a source needs: variables, in which {url} is a service's
    and {tmp} a folder, AWS's files, a token, a login."""
    def build(service, env, config=''):
        for path, text in (
                ('token', 'jwt1\n'), ('print keys.py', PROGRAM),
                ('home/.aws/config', config.replace('{tmp}', str(tmp_path))),
                (sso_file(b'my'), LOGIN), (sso_file(b'https://start'), LOGIN)):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        for name, value in env.items():
            monkeypatch.setenv(name, value.replace(
                '{url}', getattr(service, 'endpoint', '')).replace(
                    '{tmp}', str(tmp_path)))
    return build


def sso_file(name):
    return 'home/.aws/sso/cache/%s.json' % hashlib.sha1(name).hexdigest()


def fresh(s3, more=''):
    """Read an object in a new process; return what it printed."""
    code = ('import tinys3\nwith tinys3.Connection(endpoint=%r%s) as conn:\n'
            '    print(conn.get("k", "bucket").status_code)'
            % (s3.endpoint, more))
    done = subprocess.run(
        [sys.executable, '-W', 'error', '-c', code], timeout=60,
        cwd=os.path.dirname(os.path.abspath(tinys3.__file__)),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout.decode()


@pytest.fixture
def chain():
    """Lend what finds the keys of a Connection, to a look-alike of S3."""
    with contextlib.ExitStack() as stack:
        yield lambda endpoint='http://127.0.0.1:9', **options: (
            stack.enter_context(tinys3.Connection(
                endpoint=endpoint, **options))._keys)


def complaint(find):
    """Return the one line that a failure makes; it holds no secret."""
    with pytest.raises(tinys3.CredentialsError) as caught:
        find()
    said = ''.join(traceback.format_exception(
        caught.type, caught.value, caught.tb))
    assert not [word for word in ('hunter2', 'hunter3', SECRET)
                if word in said]
    assert '\n' not in str(caught.value)
    return str(caught.value)


@each_giver
def test_every_source_signs_in_a_fresh_process(name, world):
    answers, env, config = GIVERS[name][:3]
    with Script(*answers, service=None) as service, Script(answer()) as s3:
        world(service, env, config)
        assert fresh(s3, ', profile=%r' % env.get('AWS_PROFILE')) == '200\n'
    asked, = s3.requests
    assert 'Credential=FOUND/' in asked.headers['authorization']
    assert asked.headers['x-amz-security-token'] == 'tok'


@each_giver
def test_every_source_says_whom_it_asked(name, world, chain):
    answers, env, config, targets, source = GIVERS[name]
    with Script(*answers, service=None) as service:
        world(service, env, config)
        keys = chain(profile=env.get('AWS_PROFILE')).get(time.time())
    assert (keys.access_key, keys._source) == ('FOUND', source)
    assert ' '.join(asked.target for asked in service.requests) == (
        targets.replace('{roles}', ROLES))


@each('name', ['container', 'IMDS'])
def test_keys_of_the_own_machine_come_past_any_proxy(
        name, world, chain, monkeypatch):
    answers, env, _, _, source = GIVERS[name]
    monkeypatch.setenv('ALL_PROXY', 'nosuch.invalid')
    with Script(*answers, service=None) as service:
        world(service, env)
        assert chain().get(time.time())._source == source


@each('strongest, source', list(enumerate((
    'the environment', 'web identity: role ' + ROLE, 'profile default',
    'the container endpoint', 'IMDS: role the-role'))))
def test_the_strongest_source_is_taken(strongest, source, world, chain):
    order = ['environment', 'web identity', 'profile', 'container', 'IMDS']
    with Script(*GIVERS[order[strongest]][0], service=None) as service:
        for name in order[strongest:]:
            world(service, GIVERS[name][1])
        config = GIVERS['profile'][2] if strongest <= 2 else ''
        world(service, {}, config)
        assert chain().get(time.time())._source == source


def test_a_role_is_asked_for_with_all_its_profile_says(world, chain):
    with Script(role_answer(), service='sts') as sts:
        world(sts, dict(STS, AWS_REGION='eu-west-1'), GIVERS[
            'source_profile'][2].replace(
                '[profile base]', 'external_id = a b\nrole_session_name = me\n'
                'duration_seconds = 900\n[profile base]'))
        chain(profile='work').get(time.time())
    asked, = sts.requests
    assert dict(urllib.parse.parse_qsl(asked.body.decode())) == {
        'Action': 'AssumeRole', 'Version': '2011-06-15', 'RoleArn': ROLE,
        'ExternalId': 'a b', 'RoleSessionName': 'me', 'DurationSeconds': '900'}
    assert '/eu-west-1/sts/aws4_request' in asked.headers['authorization']


def test_what_a_role_is_asked_for_with_is_not_told(world, chain):
    def give_back(sock, asked):
        assert asked.headers['x-amz-security-token'] == 'hunter2'
        sock.sendall(error_answer(403, 'SignatureDoesNotMatch', message=(
            'the canonical string is x-amz-security-token:hunter2')))
        return True
    base = GIVERS['source_profile'][2] + '\naws_session_token = hunter2'
    with Script(give_back, service=None) as sts:
        world(sts, dict(STS, AWS_REGION='eu-west-1'), base)
        assert 'x-amz-security-token:...' in complaint(
            lambda: chain(profile='work').get(time.time()))


def test_no_part_of_a_token_is_told(world, chain):
    answers = [answer(403, b'x' * 190 + b'hunter2-and-' * 9)]
    with Script(*answers, service=None) as service:
        world(service, dict(
            CONTAINER, AWS_CONTAINER_AUTHORIZATION_TOKEN='hunter2-and-' * 9))
        assert complaint(lambda: chain().get(time.time())).endswith('x...)')


def test_an_echo_of_what_was_asked_is_not_told(world, chain):
    def give_back(sock, asked):
        sock.sendall('GET {} HTTP/1.1\r\nHost: {host}\r\nAuthorization: '
                     '{authorization}\r\n'.format(
                         asked.target, **asked.headers).encode())
        return False
    with Script(give_back, service=None) as service:
        world(service, dict(
            CONTAINER, AWS_CONTAINER_AUTHORIZATION_TOKEN='hunter2'))
        assert 'not HTTP/1: GET' in complaint(
            lambda: chain().get(time.time()))


@pytest.fixture
def calls(monkeypatch):
    """Let no connection be made; return where they were to go."""
    made = []

    def refuse(host, port, *rest, **more):
        made.append('%s:%d' % (host, port))
        raise ConnectionRefusedError(111, 'refused')
    monkeypatch.setattr(socket, 'getaddrinfo', refuse)
    return made


@each('region, host', table('''
    us-east-1     sts.us-east-1.amazonaws.com
    cn-north-1    sts.cn-north-1.amazonaws.com.cn
    us-gov-east-1 sts.us-gov-east-1.amazonaws.com'''))
def test_sts_is_asked_in_the_region(region, host, calls, world, chain):
    world(None, dict(WEB, AWS_ENDPOINT_URL_STS='', AWS_REGION=region))
    complaint(lambda: chain().get(NOW))
    complaint(lambda: chain(None, region=region).get(NOW))
    assert calls == [host + ':443'] * 2


@each('config, env, host', [
    (SESSION, {}, 'portal.sso.eu-west-1.amazonaws.com:443'),
    (SESSION, {'AWS_ENDPOINT_URL': 'http://all'}, 'all:80'),
    ('[profile work]\nendpoint_url = https://p:1\n' + LEGACY[15:], {}, 'p:1')])
def test_the_portal_is_asked_in_its_region(
        config, env, host, calls, world, chain):
    world(None, dict(env, AWS_PROFILE='work'), config)
    complaint(lambda: chain().get(NOW))
    assert calls == [host]


@each('url, host', table('''
    http://localhost/x        localhost:80
    http://127.3.2.1:8/x      127.3.2.1:8
    http://[::1]:8/x          ::1:8
    http://169.254.170.2      169.254.170.2:80
    http://169.254.170.23/v1  169.254.170.23:80
    http://[fd00:ec2::23]/v1  fd00:ec2::23:80
    https://example.com/x     example.com:443
    /v2/x                     169.254.170.2:80
    http://example.com/x      -
    http://169.254.170.3/x    -
    http://169.254.170.2.b.c/ -
    http://127.0.0.1.b.c/x    -
    http://localhost@b.c/x    -
    http://127.0.0.1:80@b.c/  -
    https://b.c/a&b           -
    ftp://127.0.0.1/x         -
    @b.c/x                    -'''))
def test_only_allowed_containers_get_the_token(
        url, host, calls, monkeypatch, chain):
    kind = 'FULL' if '://' in url else 'RELATIVE'
    monkeypatch.setenv('AWS_CONTAINER_CREDENTIALS_%s_URI' % kind,
                       url.replace('&', '\n'))
    assert 'container' in complaint(lambda: chain().get(NOW))
    assert calls == [host] * (host != '-')


@each('mode, host', [('', '169.254.169.254:80'), ('IPv6', 'fd00:ec2::254:80')])
def test_imds_has_two_addresses(mode, host, calls, monkeypatch, chain):
    monkeypatch.setenv('AWS_EC2_METADATA_DISABLED', 'false')
    monkeypatch.setenv('AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE', mode)
    complaint(lambda: chain(None).get(NOW))
    assert calls == [host]


def test_imds_is_asked_in_version_2_only(world, chain):
    answers, env = GIVERS['IMDS'][:2]
    with Script(*answers, service=None) as service:
        world(service, env)
        chain().get(time.time())
    token, role, keys = service.requests
    name = 'x-aws-ec2-metadata-token'
    assert token.method == 'PUT' and token.headers[
        name + '-ttl-seconds'] == '21600'
    assert role.headers[name] == keys.headers[name] == 'imds-token'


@each('env, why', [({}, 'not of AWS'), (IMDS, 'DISABLED')])
def test_imds_is_left_alone(env, why, calls, world, chain):
    world(Script, dict(env, AWS_EC2_METADATA_DISABLED='true'))
    world(None, {} if env else {'AWS_EC2_METADATA_DISABLED': ''})
    assert why in complaint(lambda: chain().get(NOW))
    assert calls == []


def process(code):
    return '[default]\ncredential_process = %s -c "%s"\n' % (
        sys.executable, code)


@each('answers, env, config, words', [
    ([], dict(WEB, AWS_ROLE_ARN=''), '', 'not AWS_ROLE_ARN'),
    ([], dict(WEB, AWS_WEB_IDENTITY_TOKEN_FILE='/no/f'), '', '/no/f'),
    ([error_answer(403, 'AccessDenied', 'Not jwt1.')], WEB, '',
     'web identity: http.*403 AccessDenied: Not \\.\\.\\.'),
    ([answer(200, b'<html>hunter2')], WEB, '', 'web identity.*XML'),
    ([role_answer(access='')], WORK, GIVERS['source_profile'][2],
     'access_key is empty'),
    ([], {}, '[default]\nrole_arn = r\n', 'source_profile, or'),
    ([], {}, '[default]\nrole_arn = r\ncredential_source = Moon\n',
     'EcsContainer'),
    ([], WORK, IN_ROLE + 'source_profile = b\n[profile b]\nrole_arn = r\n'
     'source_profile = work\n', 'source_profile b.*source_profile work: .*ba'),
    ([], WORK, IN_ROLE + 'source_profile = b\n', "no profile 'b'"),
    ([], WORK, IN_ROLE + 'source_profile = b\n[profile b]\na = b\n',
     'source_profile b: no aws_access_key_id'),
    ([], WORK, IN_ROLE + 'mfa_serial = m\nsource_profile = b\n', 'mfa_serial'),
    ([], {}, process("print('hunter2')"), 'profile default: .*line 1'),
    ([], {}, process("print('[1]')"), 'no JSON object'),
    ([], {}, process("print('{}')"), 'Version 1'),
    ([], {}, process("import json; print(json.dumps(dict(Version=1, "
                     "Expiration=10 ** 400)))"), 'default: .*too large'),
    ([], {}, process('import os; print(\'hunter2\', os.write(2, b\'a\\nb\'));'
                     'os._exit(3)'), 'status 3: a b'),
    ([], {}, '[default]\ncredential_process = /no/such --key hunter2\n',
     '/no/such'),
    ([], {}, '[default]\ncredential_process = "\n', 'quotation'),
    ([], SSO, SESSION.replace('sso_role_name = Dev\n', ''), 'sso_role_name'),
    ([], SSO, LEGACY.replace('//start', '//other'), 'aws sso login .*work'),
    ([answer(401, b'{"message": "no bearer"}')], SSO, LEGACY,
     '401 Unauthorized.*no \\.\\.\\..*aws sso login'),
    ([answer(200, b'{}')], SSO, LEGACY, 'access_key'),
    ([answer(500, b'')], CONTAINER, '', 'container: http.*500'),
    ([answer(200, b'x' * 70000)], CONTAINER, '', 'more than 65536'),
    ([answer(302, b'', {'Location': 'http://b.c'})], CONTAINER, '', '302'),
    ([answer(400, b'hunter2')], dict(
        CONTAINER, AWS_CONTAINER_AUTHORIZATION_TOKEN='hunter2'), '', '400'),
    ([], dict(CONTAINER, AWS_CONTAINER_AUTHORIZATION_TOKEN='a\r\nb: hunter2'),
     '', 'cannot be sent'),
    ([answer(404, b'')], IMDS, '', 'IMDS: http.*404'),
    ([answer(200, b'token'), answer(404, b'')], IMDS, '', 'IMDS: http.*404'),
    (imds_answers(keys_json(expiration='soon')), IMDS, '', "'soon' is no ti")])
def test_what_is_set_up_but_fails_is_told(
        answers, env, config, words, world, chain):
    with Script(*answers, service=None) as service:
        world(service, env, config)
        said = complaint(lambda: chain().get(time.time()))
    assert re.search(words, said)


def test_a_source_that_fails_is_not_replaced_by_a_weaker_one(world, chain):
    with Script(error_answer(403, 'AccessDenied'), keys_json(),
                service=None) as service:
        world(service, dict(WEB, **CONTAINER))
        said = complaint(lambda: chain().get(NOW))
    assert 'the environment: no AWS_ACCESS_KEY_ID' in said
    assert 'container' not in said and len(service.requests) == 1


def test_a_slow_process_is_ended(world, monkeypatch, chain):
    monkeypatch.setattr(tinys3, '_PROCESS_TIME', 0.2)
    world(None, {}, process('import time; hunter2 = time.sleep(60)'))
    assert 'within' in complaint(lambda: chain().get(NOW))


def test_a_busy_service_is_asked_again(world):
    with Script(error_answer(503, 'SlowDown'), TOKEN_ROLE,
                service=None) as sts, Script(answer()) as s3:
        world(sts, WEB)
        with tinys3.Connection(endpoint=s3.endpoint) as conn:
            naps = []
            conn._sleep = naps.append
            assert conn.get('k', 'bucket').ok
    assert len(naps) == 1


@each('env, replies, sent', [
    (WEB, [role_answer('AssumeRoleWithWebIdentity', 'A'), TOKEN_ROLE],
     lambda asked: re.search('WebIdentityToken=(\\w+)',
                             asked.body.decode()).group(1)),
    (dict(CONTAINER, AWS_CONTAINER_AUTHORIZATION_TOKEN='inline',
          AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE='{tmp}/token'),
     [keys_json('A'), keys_json()],
     lambda asked: asked.headers['authorization'])])
def test_token_files_are_read_at_every_refresh(
        env, replies, sent, world, tmp_path, chain):
    with Script(*replies, service=None) as service:
        world(service, env)
        (tmp_path / 'token').write_text('jwt1')
        keys = chain()
        first = keys.get(time.time())
        (tmp_path / 'token').write_text('jwt2')
        assert keys.get(time.time(), first).access_key == 'FOUND'
    assert [sent(asked) for asked in service.requests] == ['jwt1', 'jwt2']


def test_changed_files_are_read_when_keys_are_refused(shared_files, chain):
    shared_files(credentials=b'[default]\n' + PAIR % b'A')
    keys = chain()
    first = keys.get(NOW)
    shared_files(credentials=b'[default]\n' + PAIR % b'B')
    assert keys.get(NOW) is first
    assert keys.get(NOW, first).access_key == 'B'


def login(tmp_path, **changes):
    """Change the login; return its file."""
    path = tmp_path / sso_file(b'my')
    path.write_text(json.dumps(dict(json.loads(LOGIN), **changes)))
    return path


def test_an_old_login_is_renewed_and_kept(world, tmp_path, monkeypatch, chain):
    renewed = answer(200, b'{"accessToken": "new", "refreshToken": "r2",'
                          b'"expiresIn": 3600}')
    with Script(renewed, PORTAL, service=None) as service:
        world(service, dict(SSO, AWS_ENDPOINT_URL_SSO_OIDC='{url}/o'), SESSION)
        path = login(tmp_path, expiresAt='2013-05-24T00:00:30Z')
        assert chain().get(NOW).access_key == 'FOUND'
    token, portal = service.requests
    assert token.target == '/o/token' and json.loads(token.body.decode()) == {
        'clientId': 'id', 'clientSecret': 'hunter2', 'refreshToken': 'hunter3',
        'grantType': 'refresh_token'}
    assert portal.headers['x-amz-sso_bearer_token'] == 'new'
    kept = json.loads(path.read_text())
    assert (kept['accessToken'], kept['refreshToken'], kept['expiresAt']) == (
        'new', 'r2', '2013-05-24T01:00:00Z')
    assert os.name == 'nt' or path.stat().st_mode & 0o777 == 0o600


@each('answers, changes', [
    ([], {'refreshToken': ''}),
    ([], {'registrationExpiresAt': '2013-01-01T00:00:00Z'}),
    ([answer(400, b'{"error": "invalid_grant hunter3"}')], {})])
def test_a_login_that_cannot_be_renewed_asks_for_another(
        answers, changes, world, tmp_path, chain):
    with Script(*answers, service=None) as service:
        world(service, dict(SSO, AWS_ENDPOINT_URL_SSO_OIDC='{url}'), SESSION)
        login(tmp_path, **dict({'expiresAt': '2013-05-23T00:00:00Z'},
                               **changes))
        assert 'aws sso login --profile work' in complaint(
            lambda: chain().get(NOW))


@pytest.fixture
def mute(monkeypatch):
    """An IMDS that accepts connections and never answers."""
    with contextlib.closing(socket.socket()) as sock:
        sock.bind(('127.0.0.1', 0))
        sock.listen(128)
        monkeypatch.setenv('AWS_EC2_METADATA_DISABLED', '')
        monkeypatch.setenv('AWS_EC2_METADATA_SERVICE_ENDPOINT',
                           'http://127.0.0.1:%d' % sock.getsockname()[1])
        yield sock


def test_an_imds_that_never_answers_is_given_up_and_remembered(mute, chain):
    keys, times = chain(), []
    for now in NOW, NOW + 1, NOW + 59:
        began = time.monotonic()
        assert 'hop limit' in complaint(lambda now=now: keys.get(now))
        times.append(time.monotonic() - began)
    assert times[0] < 2.5 and max(times[1:]) < 0.5
    mute.close()
    assert 'hop limit' not in complaint(lambda: keys.get(NOW + 60))


def test_nothing_configured_and_no_network_fails_soon(mute):
    with Script() as s3:
        began = time.monotonic()
        said = fresh(s3, ', retry=5')
        assert time.monotonic() - began < 6     # with a Python's start
        assert s3.connections == 0
    for word in ('CredentialsError: GET s3://bucket/k', 'the environment: no ',
                 'web identity: no ', 'profile default: no ', 'container: no ',
                 'IMDS: timed out', 'What to do: pass access_key'):
        assert word in said


def test_expired_keys_of_imds_serve_on_while_it_is_down(world, caplog, chain):
    with Script(*imds_answers(keys_json(
            expiration='2013-05-24T01:00:00+00:00')), service=None) as service:
        world(service, IMDS)
        keys = chain()
        keys.get(NOW)
    used = [keys.get(NOW + seconds) for seconds in (3000, 3601, 4000)]
    assert [each.access_key for each in used] == ['FOUND'] * 3
    assert 'renewing' in caplog.text
    assert SECRET not in caplog.text and 'tok' not in caplog.text


@each('text, seconds', table('''
    2013-05-24T00:00:00Z             0
    2013-05-24T00:00:00UTC           0
    2013-05-24T00:00:01.123456+00:00 1.123456
    2013-05-24T05:30:00+05:30        0
    2013-05-23T18:30:00-0530         0'''))
def test_an_expiry_may_be_of_any_zone(text, seconds, world, chain):
    with Script(keys_json(expiration=text), service=None) as service:
        world(service, CONTAINER)
        keys = chain().get(NOW - 1)
    assert keys.expires_at == NOW + float(seconds)


def judge(sock, asked):
    """Refuse the keys A, take all others."""
    old = 'Credential=A/' in asked.headers['authorization']
    sock.sendall(error_answer(400, 'ExpiredToken') if old else answer())
    return True


def test_many_threads_that_meet_expired_keys_renew_them_once():
    left, gate = ['B', 'A'], threading.Barrier(32)
    with Script(*[judge] * 64) as script, tinys3.Connection(
            endpoint=script.endpoint, credentials=lambda: tinys3.Credentials(
                left.pop(), SECRET)) as conn:
        conn._keys.get(NOW)

        def use(number):
            gate.wait(10)
            return conn.get('k', 'bucket').status_code
        with concurrent.futures.ThreadPoolExecutor(32) as threads:
            assert list(threads.map(use, range(32))) == [200] * 32


@each('credentials', [None, lambda: tinys3.Credentials('A', SECRET)])
def test_keys_that_stay_refused_are_sent_once(credentials):
    keys = () if credentials else ('A', SECRET)
    with Script(judge, judge) as script, tinys3.Connection(
            *keys, endpoint=script.endpoint, credentials=credentials) as conn:
        with pytest.raises(tinys3.ResponseError, match='ExpiredToken'):
            conn.get('k', 'bucket')
    assert len(script.requests) == 1


def test_refused_keys_that_cannot_be_renewed_say_why():
    left = [tinys3.Credentials('A', SECRET)]

    def provide():
        if not left:
            raise tinys3.CredentialsError('no more of them')
        return left.pop()
    with Script(judge) as script, tinys3.Connection(
            endpoint=script.endpoint, credentials=provide) as conn:
        said = complaint(lambda: conn.get('k', 'bucket'))
    assert said == 'GET s3://bucket/k: no more of them'


def slowly(results, started, go_on):
    """Return a provider that waits, once it was asked a second time."""
    def provide():
        if len(results) < 2:
            started.set()
            assert go_on.wait(10)
        result = results.pop(0)
        if isinstance(result, Exception):
            raise result
        return tinys3.Credentials(result, SECRET, None, NOW + 7200)
    return provide


def test_one_thread_renews_while_the_others_go_on_with_the_old_keys():
    started, go_on = threading.Event(), threading.Event()
    keys = tinys3.Connection(
        credentials=slowly(['A', 'B'], started, go_on))._keys
    keys.get(NOW)
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        renewing = thread.submit(keys.get, NOW + 6400)
        started.wait(10)
        assert keys.get(NOW + 6400).access_key == 'A'
        go_on.set()
        assert renewing.result().access_key == 'B'


def test_threads_that_waited_share_a_failure():
    started, go_on = threading.Event(), threading.Event()
    keys = tinys3.Connection(credentials=slowly(
        [tinys3.CredentialsError('not now')], started, go_on))._keys
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        futures = [threads.submit(keys.get, NOW) for _ in range(8)]
        started.wait(10)
        while len(threading.enumerate()) < 8:
            pass
        threading.Event().wait(0.2)     # until they wait for the first
        go_on.set()
        assert {str(future.exception()) for future in futures} == {'not now'}


@pytest.mark.skipif(not hasattr(os, 'fork'), reason='needs fork')
def test_keys_survive_a_fork_while_they_are_fetched():
    code = (
        'import os, threading, tinys3\n'
        'go = threading.Event()\n'
        'def provide():\n'
        '    if os.getpid() == parent:\n'
        '        started.set(); go.wait(10)\n'
        '    return tinys3.Credentials("A", "s")\n'
        'parent, started = os.getpid(), threading.Event()\n'
        'keys = tinys3.Connection(credentials=provide)._keys\n'
        'thread = threading.Thread(target=keys.get, args=(0,))\n'
        'thread.start(); started.wait(10)\n'
        'child = os.fork()\n'
        'if not child:\n'
        '    os._exit(0 if keys.get(0).access_key == "A" else 1)\n'
        'print(os.waitpid(child, 0)[1]); go.set(); thread.join()\n')
    out = subprocess.check_output(
        [sys.executable, '-W', 'ignore', '-c', code], timeout=60,
        cwd=os.path.dirname(os.path.abspath(tinys3.__file__)))
    assert out == b'0\n'


def test_a_connection_that_found_its_keys_pickles(environment):
    environment()
    conn = tinys3.Connection()
    conn.presign('k', 'bucket')
    assert pickle.loads(pickle.dumps(conn))._keys.get(NOW).access_key == 'E'


# ---------------------------------------------------------------------------
# Transport
# ---------------------------------------------------------------------------

def hang_up_after(data):
    """Send this, then close."""
    def give(sock, asked):
        sock.sendall(data)
        return False
    return give


def watch(data, gone):
    """Send this, then set an event when the client has closed."""
    def give(sock, asked):
        said = b''
        with contextlib.suppress(OSError):
            sock.sendall(data)
            said = sock.recv(1)
        if not said:
            gone.set()
        return False
    return give


def silent(sock, asked):
    """Say nothing until the client gives up."""
    sock.recv(1)
    return False


def reset(sock, asked):
    """Let the client see "connection reset by peer"."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack('ii', 1, 0))
    return False


def echo(sock, asked):
    """Answer this and all further GETs with their targets."""
    sock.sendall(answer(body=asked.target.encode()))
    with sock.makefile('rb') as lines:
        for line in lines:
            if line.startswith(b'GET '):
                target = line.split()[1]
            elif line == b'\r\n':
                sock.sendall(answer(body=target))
    return False


def early_answer(data):
    """Answer when only the head has come, and close."""
    return early(hang_up_after(data))


def chunks(data, size=7, extension='', trailers=''):
    """Write a body in chunks."""
    pieces = [data[i:i + size] for i in range(0, len(data), size)] + [b'']
    return b'\r\n'.join(
        ('%x%s\r\n' % (len(piece), extension)).encode() + piece
        for piece in pieces) + trailers.encode() + b'\r\n'


def chunked(data, status=200, headers=(), **more):
    return answer(status, chunks(data, **more), dict(
        headers, **{'Transfer-Encoding': 'chunked'}), length=False)


def head_of(lines, status='HTTP/1.1 200 OK', body=b'hello'):
    """Write an answer with these header lines and no others."""
    return '\r\n'.join([status] + list(lines) + ['', '']).encode(
        'latin-1') + body


def outcome(call):
    """Return the result of a call, or 'refused' for a TransportError."""
    try:
        return call()
    except tinys3.TransportError:
        return 'refused'


def sockets_to(port):
    """Find this process's open sockets to a port."""
    found = [each for each in gc.get_objects()
             if type(each) is socket.socket and each.fileno() >= 0]
    for sock in found:
        with contextlib.suppress(OSError):
            if sock.getpeername()[1] == port:
                yield sock


PAGE = (b'<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult>'
        b'<IsTruncated>false</IsTruncated><Contents><Key>one</Key>'
        b'<LastModified>2013-05-24T00:00:00.000Z</LastModified>'
        b'<ETag>&quot;e&quot;</ETag><Size>3</Size></Contents>'
        b'</ListBucketResult>')
LARGE = bytes(12 << 20)         # more than sockets hold
DENIED = b'<Error><Code>AccessDenied</Code><Message>No.</Message></Error>'


def a_child_gets(conn, body):
    """Say whether a forked child gets what it should."""
    child = os.fork()
    if not child:
        try:
            os._exit(42 if get(conn) == body else 1)
        finally:
            os._exit(2)
    return os.waitpid(child, 0)[1] >> 8 == 42


def get(conn):
    return conn.get('key').content


def keys(conn):
    return [entry['key'] for entry in conn.list()]


def denied(conn):
    """Return the code of the error that a get ends in."""
    with pytest.raises(tinys3.AccessDenied) as caught:
        conn.get('key')
    return caught.value.code


# -- keep-alive

def test_requests_share_a_connection():
    with talk(*[answer(body=b'x')] * 10) as (conn, script):
        for _ in range(10):
            conn.get('key')
        assert script.connections == 1


@each('first, connections', [
    (answer(body=b'x', headers={'Connection': 'Keep-Alive'}), 1),
    (answer(body=b'x', headers={'Connection': 'close'}), 2),
    (answer(body=b'x', headers={'Connection': 'Close'}), 2),
    (answer(body=b'x').replace(b'HTTP/1.1', b'HTTP/1.0'), 2),
    (answer(body=b'x', headers={'Connection': 'keep-alive'}).replace(
        b'HTTP/1.1', b'HTTP/1.0'), 1),
    (answer(body=b'x') + b'surplus', 2),
    (answer(body=b'x') + answer(body=b'of nobody'), 2),
    (chunked(b'x') + answer(body=b'of nobody'), 2),
    (head_of(['Content-Length: 5', 'Transfer-Encoding: chunked'],
             body=chunks(b'x')), 2),
], ids=['keep-alive', 'close', 'Close', 'HTTP/1.0', 'HTTP/1.0 keep-alive',
        'surplus', 'second answer', 'second answer after chunks',
        'length and chunks'])
def test_only_a_connection_in_good_order_is_used_again(first, connections):
    with talk(first, answer(body=b'y')) as (conn, script):
        assert (get(conn), get(conn)) == (b'x', b'y')
        assert script.connections == connections


def test_an_empty_chunk_that_none_may_send_is_not_the_next_answer():
    def with_chunk(sock, asked):
        sock.sendall(b'HTTP/1.1 204 No Content\r\n'
                     b'Transfer-Encoding: chunked\r\n\r\n')
        time.sleep(0.05)
        sock.sendall(b'0\r\n\r\n')
        return True
    with talk(with_chunk, answer(body=b'x'), retry=1) as (conn, _):
        conn.delete('key')
        assert get(conn) == b'x'


@each('size, connections', [
    (0, 1), (1000, 1), (60000, 1), (4 << 20, 2)])
def test_a_short_unread_body_is_drained_for_reuse(size, connections):
    with talk(answer(body=bytes(size)), answer()) as (conn, script):
        conn.get('key', stream=True).close()
        conn.get('key')
        assert script.connections == connections


@each('first, read, result', [
    (chunked(b'some content'), get, b'some content'),
    (chunked(b''), get, b''),
    (chunked(b'x' * 300000, size=100000), get, b'x' * 300000),
    (chunked(b'content', size=1), get, b'content'),
    (chunked(b'content', extension=';name="value"'), get, b'content'),
    (chunked(b'content', trailers='X-Amz-One: 1\r\nX-Two: 2\r\n'), get,
     b'content'),
    (chunked(b'content', headers={'Transfer-Encoding': 'Chunked'}), get,
     b'content'),
    (chunked(PAGE), keys, ['one']),
    (chunked(DENIED, 403), denied, 'AccessDenied'),
], ids=['object', 'empty', 'large', 'bytes', 'extensions', 'trailers',
        'case', 'list', 'error'])
def test_chunks_are_joined_and_leave_the_connection_usable(
        first, read, result):
    with talk(first, answer()) as (conn, script):
        assert read(conn) == result
        conn.get('key')
        assert script.connections == 1


@each('body', [
    b'5\r\nhel', b'5\r\nhello', b'5\r\nhello\r\n', b'5', b'',
    b'xyz\r\nhello\r\n0\r\n\r\n', b'\r\nhello\r\n0\r\n\r\n',
    b'-5\r\nhello\r\n0\r\n\r\n', b'f' * 70000,
    b'ffffffffffffffffffff\r\nhello\r\n',
], ids=['in a chunk', 'after a chunk', 'before the last', 'in a size',
        'at once', 'size no number', 'no size', 'negative', 'endless size',
        'huge'])
def test_broken_chunks_are_refused(body):
    broken = head_of(['Transfer-Encoding: chunked'], body=body)
    with talk(hang_up_after(broken), retry=1) as (conn, _):
        with pytest.raises(tinys3.TransportError):
            conn.get('key')


def test_close_hangs_up_and_the_connection_can_be_used_again():
    gone = threading.Event()
    with talk(watch(answer(), gone), answer(body=b'again')) as (conn, _):
        conn.get('key')
        conn.close()
        assert gone.wait(10)
        assert get(conn) == b'again'


def test_leaving_with_hangs_up():
    gone = threading.Event()
    with Script(watch(answer(), gone)) as script:
        with scripted(script) as conn:
            conn.get('key')
        assert gone.wait(10)


@pytest.mark.skipif(not hasattr(select, 'poll'), reason='needs poll')
def test_sockets_may_have_high_numbers():
    resource = pytest.importorskip('resource')
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= hard < 1200:
        pytest.skip('no process may open so many files')
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1200), hard))
    with contextlib.ExitStack() as files:
        while files.enter_context(open(os.devnull)).fileno() < 1024:
            pass        # beyond this, select() fails
        with talk(answer(), answer(), retry=1) as (conn, script):
            conn.upload('key', BIG)
            conn.upload('key', BIG)
            assert script.connections == 1
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_every_address_of_a_host_is_tried_anew_each_time(monkeypatch):
    asked = []
    with Script(*[answer(headers={'Connection': 'close'})] * 2) as script:
        def look_up(host, *more, **options):
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, '', (
                '127.0.0.1', port)) for port in (free_port(), script.port)]
        conn = scripted(script, endpoint='http://two.example', retry=1)
        monkeypatch.setattr(socket, 'getaddrinfo', look_up)
        conn.get('key')
        conn.get('key')
    assert asked == ['two.example'] * 2 and script.connections == 2


@pytest.fixture
def host_of(monkeypatch):
    """Give a host the addresses of some ports of this machine."""
    def give(*ports):
        monkeypatch.setattr(socket, 'getaddrinfo', lambda *_, **options: [
            (socket.AF_INET, socket.SOCK_STREAM, 6, '', ('127.0.0.1', port))
            for port in ports])
        return 'http://many.example'
    return give


@contextlib.contextmanager
def deaf_port():
    """Lend a port where nobody takes up: its queue is full."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(('127.0.0.1', 0))
        server.listen(0)
        for _ in range(4):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(server.getsockname())
        yield server.getsockname()[1]


on_linux = pytest.mark.skipif(
    not sys.platform.startswith('linux'),
    reason='elsewhere a full queue may refuse')


@on_linux
def test_an_address_that_does_not_answer_holds_nobody_up(host_of):
    with deaf_port() as deaf, Script(answer()) as script:
        conn = scripted(script, retry=1, timeout=(20, 5), endpoint=host_of(
            deaf, free_port(), script.port))
        begun = time.monotonic()
        conn.get('key')
        assert time.monotonic() - begun < 10
        conn.close()


def test_addresses_that_all_refuse_are_told_at_once(host_of):
    with Script() as script:
        conn = scripted(script, retry=1, timeout=20, endpoint=host_of(
            free_port(), free_port()))
        with pytest.raises(tinys3.TransportError, match='refused'):
            conn.get('key')


@on_linux
def test_addresses_that_are_all_silent_time_out_once(host_of):
    with deaf_port() as deaf, Script() as script:
        conn = scripted(script, retry=1, timeout=(0.4, 5), endpoint=host_of(
            deaf, deaf, deaf))
        begun = time.monotonic()
        with pytest.raises(tinys3.TransportError, match='timed out'):
            conn.get('key')
        assert time.monotonic() - begun < 5


# -- stale connections

@each('how', [
    [hang_up_after(answer())], [answer(), None], [answer(), reset]],
    ids=['at once', 'on the next request', 'by a reset'])
@each('method', ['GET', 'PUT', 'DELETE'])
def test_a_connection_that_died_idle_costs_no_attempt(how, method):
    script = how + [answer(body=b'new')]
    with talk(*script, retry=1) as (conn, script):
        conn.get('key')
        assert conn.request(method, 'key').content == b'new'
        assert (script.connections, conn.naps) == (2, [])


@each('how', [None, reset], ids=['closed', 'reset'])
def test_a_file_is_sent_whole_again_on_a_new_connection(how, tmp_path):
    data = os.urandom(300000)
    (tmp_path / 'file').write_bytes(data)
    with talk(answer(), how, answer(), retry=1) as (conn, script):
        conn.get('key')
        conn.upload('key', tmp_path / 'file')
        assert [asked.body for asked in script.requests[1:]] == [data] * 2


@each('how', [None, reset], ids=['closed', 'reset'])
def test_a_new_connection_closed_without_answer_costs_an_attempt(how):
    with talk(how, answer(body=b'x')) as (conn, _):
        assert get(conn) == b'x'
        assert len(conn.naps) == 1


def test_only_one_replacement_is_free():
    with talk(answer(), None, None, retry=1) as (conn, script):
        conn.get('key')
        with pytest.raises(tinys3.TransportError):
            conn.get('key')
        assert script.connections == 2


def test_an_answer_begun_on_an_old_connection_costs_an_attempt():
    begun = hang_up_after(b'HTTP/1.1 200 O')
    with talk(answer(), begun, answer(body=b'x')) as (conn, _):
        conn.get('key')
        assert get(conn) == b'x'
        assert len(conn.naps) == 1


def test_a_timeout_on_an_old_connection_is_no_free_retry():
    with talk(answer(), silent, answer(), retry=1,
              timeout=(10, 0.3)) as (conn, script):
        conn.get('key')
        with pytest.raises(tinys3.TransportError, match='timed out'):
            conn.get('key')
        assert len(script.requests) == 2


class Clock(object):
    """The time module, with a monotonic clock that can be moved on."""
    ahead = 0.0

    def __getattr__(self, name):
        return getattr(time, name)

    def monotonic(self):
        return time.monotonic() + self.ahead


@each('method, idle, connections', [
    ('PUT', 1, 1), ('PUT', 4.1, 2), ('POST', 4.1, 2), ('DELETE', 4.1, 2),
    ('GET', 10, 1), ('HEAD', 10, 1), ('GET', 20.1, 2), ('HEAD', 20.1, 2)])
def test_a_connection_idle_for_long_is_not_used_again(
        monkeypatch, method, idle, connections):
    clock = Clock()
    monkeypatch.setattr(tinys3, 'time', clock)
    with talk(answer(), answer()) as (conn, script):
        conn.get('key')
        clock.ahead = idle
        conn.request(method, 'key')
        assert script.connections == connections


@each('pause, most', [(0, 100), (1, 25)], ids=['soon', 'slowly'])
def test_connections_to_many_buckets_do_not_pile_up(
        monkeypatch, host_of, pause, most):
    clock = Clock()
    monkeypatch.setattr(tinys3, 'time', clock)
    with Script(*[answer()] * 120) as script:
        conn = scripted(script, endpoint=host_of(script.port),
                        addressing='virtual')
        for number in range(120):
            conn.head('key', 'bucket-%d' % number)
            clock.ahead += pause
        assert len(list(sockets_to(script.port))) <= most


# -- what is sent

@each('make', [
    bytes, io.BytesIO, OnlyRead, Unseekable, lambda data: iter([data]),
    memoryview], ids=['bytes', 'file', 'only read', 'unseekable', 'iterable',
                      'view'])
@each('size', [0, 1, 65536, 65537, 2 << 20])
def test_a_body_arrives_whole_with_its_length_and_not_in_chunks(make, size):
    data = os.urandom(size)
    with talk(answer()) as (conn, script):
        conn.upload('key', make(data))
        asked, = script.requests
        assert asked.body == data
        assert asked.headers['content-length'] == str(size)
        assert 'transfer-encoding' not in asked.headers


def test_an_empty_post_has_a_length():
    with talk(answer()) as (conn, script):
        conn.request('POST', 'key')
        assert script.requests[0].headers['content-length'] == '0'


def test_answers_are_asked_for_as_they_are_stored():
    with talk(answer()) as (conn, script):
        conn.get('key')
        assert script.requests[0].headers['accept-encoding'] == 'identity'


def test_nothing_is_sent_that_s3_does_not_know():
    asked = only_request(lambda conn: conn.get('key'))
    assert asked.target == '/bucket/key'
    assert sorted(asked.headers) == [
        'accept-encoding', 'authorization', 'host', 'user-agent',
        'x-amz-content-sha256', 'x-amz-date']


def test_head_and_small_body_leave_in_one_piece():
    pieces = []

    @early
    def collect(sock, asked):
        Script._read(sock, int(asked.headers['content-length']))
        sock.sendall(answer())
        for _ in range(20):             # from here on one recv per request
            pieces.append(sock.recv(65536))
            sock.sendall(answer())
        return False
    with talk(collect) as (conn, _):
        for _ in range(21):
            conn.upload('key', b'small body')
    assert all(piece.endswith(b'\r\n\r\nsmall body') for piece in pieces)


@each('option', ['TCP_NODELAY', 'SO_KEEPALIVE'])
def test_sockets_do_not_delay_and_are_kept_alive(option):
    level = (socket.IPPROTO_TCP if option.startswith('TCP')
             else socket.SOL_SOCKET)
    with talk(answer()) as (conn, script):
        conn.get('key')
        sock, = sockets_to(script.port)
        assert sock.getsockopt(level, getattr(socket, option))


class Failing(io.BytesIO):
    """A file that raises `error` once it is set."""
    error = None

    def read(self, *size):
        if self.error:
            raise self.error
        return super().read(*size)


def fail_in_the_middle(error):
    """Make a large file, and an answer that makes it fail and then sets an
    event when the client has closed."""
    source, gone = Failing(LARGE), threading.Event()

    @early
    def spoil(sock, asked):
        source.error = error
        with contextlib.suppress(OSError):
            while sock.recv(65536):
                pass
        gone.set()
        return False
    return source, spoil, gone


@each('error', [
    OSError('disk'), ConnectionResetError('of another socket'),
    socket.timeout('of another socket'), ValueError('closed file'),
    tinys3.TransportError('of another service'), KeyboardInterrupt()],
    ids=lambda error: type(error).__name__)
def test_what_a_source_raises_comes_out_as_it_is(error):
    source, spoil, _ = fail_in_the_middle(error)
    said = str(error)
    with talk(spoil, answer(), part_size=16 << 20) as (conn, script):
        with pytest.raises(type(error)) as caught:
            conn.upload('key', source)
        assert caught.value is error and str(error) == said
        assert len(script.requests) == 1


@each('error', [tinys3.TransportError('mine'), tinys3.IntegrityError('mine'),
                tinys3.ResponseError('mine', status_code=503)])
def test_an_error_of_ours_that_progress_raises_is_not_the_networks(error):
    calls = []

    def report(news):
        calls.append(news)
        raise error
    with talk(answer(), answer(), part_size=16 << 20) as (conn, _):
        with pytest.raises(type(error)) as caught:
            conn.upload('key', LARGE, progress=report)
        assert caught.value is error and error.args == ('mine',)
        assert len(calls) == 1 and error.method is None


def test_a_half_sent_request_is_closed_not_reused():
    source, spoil, gone = fail_in_the_middle(OSError('disk'))
    with talk(spoil, answer(body=b'x'), part_size=16 << 20) as (conn, _):
        with pytest.raises(OSError, match='disk'):
            conn.upload('key', source)
        assert gone.wait(10)
        assert get(conn) == b'x'


# -- answers while we still send

@each('status, code, kind', [
    (403, 'AccessDenied', tinys3.AccessDenied),
    (400, 'EntityTooLarge', tinys3.ResponseError),
    (412, 'PreconditionFailed', tinys3.PreconditionFailed)])
def test_an_early_no_is_what_the_caller_gets(status, code, kind):
    no = early_answer(error_answer(status, code))
    with talk(no, part_size=16 << 20) as (conn, _):
        with pytest.raises(kind) as caught:
            conn.upload('key', LARGE)
        assert caught.value.code == code


def test_an_early_no_without_hanging_up_ends_the_sending():
    @early
    def no(sock, asked):
        sock.sendall(error_answer(403, 'AccessDenied'))
        sizes.extend(iter(lambda: len(sock.recv(65536)), 0))
        return False
    sizes = []
    with talk(no, part_size=16 << 20) as (conn, _):
        with pytest.raises(tinys3.AccessDenied):
            conn.upload('key', LARGE)
    assert sum(sizes) < len(LARGE)


def test_after_an_early_no_a_new_connection_is_used():
    no = early_answer(error_answer(403, 'AccessDenied'))
    with talk(no, answer(body=b'x'), part_size=16 << 20) as (conn, _):
        with pytest.raises(tinys3.AccessDenied):
            conn.upload('key', LARGE)
        assert get(conn) == b'x'


def test_an_early_yes_is_no_success():
    yes = early_answer(answer())
    with talk(yes, retry=1, part_size=16 << 20) as (conn, _):
        with pytest.raises(tinys3.TransportError, match='before all'):
            conn.upload('key', LARGE)


def test_a_server_that_resets_uploads_ends_in_a_transport_error():
    with talk(*[early(reset)] * 3, retry=3,
              part_size=16 << 20) as (conn, script):
        with pytest.raises(tinys3.TransportError):
            conn.upload('key', LARGE)
        assert len(script.requests) == 3


def test_a_server_that_stops_reading_times_out():
    done = threading.Event()

    @early
    def stop(sock, asked):
        done.wait(10)
        return False
    with talk(stop, retry=1, timeout=(10, 0.3),
              part_size=16 << 20) as (conn, _):
        with pytest.raises(tinys3.TransportError, match='timed out'):
            conn.upload('key', LARGE)
        done.set()


# -- heads of answers

@each('raw', [
    b'', b'\r\n\r\n', b'HTTP/1.1\r\n\r\n', b'HTTP/1.1 abc OK\r\n\r\n',
    b'HTTP/1.1 99 Low\r\n\r\n', b'HTTP/1.1 600 High\r\n\r\n',
    b'HTTP/1.1 2000 OK\r\n\r\n', b'HTTP/1.1 -20 OK\r\n\r\n',
    b'HTTP/0.9 200 OK\r\n\r\n', b'HTTP/2 200 OK\r\n\r\n',
    b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', b'<html>Welcome!</html>',
    b'ICY 200 OK\r\n\r\n', b'\x15\x03\x01\x00\x02\x02\x16',
    b'SSH-2.0-OpenSSH_9.2\r\n', b'\x00' * 100000,
    b'HTTP/1.1 102 Processing\r\n\r\n' * 1000 + answer(),
], ids=lambda raw: ascii(raw[:15]))
def test_what_is_not_http_is_refused(raw):
    with talk(hang_up_after(raw), retry=1) as (conn, _):
        with pytest.raises(tinys3.TransportError):
            conn.get('key')


def test_what_is_not_http_is_refused_without_waiting_for_more():
    gone = threading.Event()
    with talk(watch(b'SSH-2.0-OpenSSH', gone), retry=1) as (conn, _):
        with pytest.raises(tinys3.TransportError, match='not HTTP'):
            conn.get('key')


@each('lines', [
    ['Content-Length: -5'], ['Content-Length: five'], ['Content-Length: +5'],
    ['Content-Length: 5.0'], ['Content-Length: 0x5'], ['Content-Length: 5 5'],
    ['Content-Length: \xb2'], ['Content-Length: ' + '9' * 99],
    ['Content-Length: 5', 'Content-Length: 4'], ['Content-Length: 5, 4'],
    ['Content-Length:'], [], ['Connection: close'],
    ['Transfer-Encoding: gzip, chunked'],
    ['Transfer-Encoding: identity', 'Content-Length: 5'],
    ['Bad Name: x', 'Content-Length: 5'], ['no colon', 'Content-Length: 5'],
    [': no name', 'Content-Length: 5'], ['nul\x00: x', 'Content-Length: 5'],
    [' folded: first', 'Content-Length: 5'],
    ['Content-Length: 5', 'X-Long: ' + 'x' * 70000],
    ['Content-Length: 5'] + ['X-N: x'] * 9000,
], ids=lambda lines: ascii(', '.join(lines)[:50]))
def test_an_object_with_unclear_headers_is_refused(lines):
    with talk(hang_up_after(head_of(lines)), retry=1) as (conn, _):
        with pytest.raises(tinys3.TransportError):
            conn.get('key')


@each('raw', [
    head_of(['Content-Length: 5', 'Content-Length: 5']),
    head_of(['content-length:5']),
    head_of(['CONTENT-LENGTH: \t 5 ']),
    head_of(['Content-Length: 005']),
    head_of(['Content-Length: 5'], 'HTTP/1.1 200'),
    head_of(['Content-Length: 5'], 'HTTP/1.1 200 '),
    head_of(['Content-Length: 5'], 'HTTP/1.1 200 Tout va bien \xe9'),
    head_of(['X-Empty:', 'Content-Length: 5', 'X-Value: \xff\x01 ']),
    head_of(['Content-Length: 5'] + ['X-N%d: x' % n for n in range(1000)]),
    head_of(['Content-Length: 5']).replace(b'\r\n', b'\n'),
    b'HTTP/1.1 100 Continue\r\n\r\n' + answer(body=b'hello'),
    b'HTTP/1.1 102 Processing\r\nX-One: 1\r\n\r\n'
    b'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n' + answer(body=b'hello'),
], ids=['same length twice', 'no space', 'spaces', 'zeros', 'no reason',
        'empty reason', 'odd reason', 'odd headers', 'many headers',
        'bare line feeds', 'continue', 'interim answers'])
def test_an_odd_but_clear_answer_is_accepted(raw):
    with talk(raw, answer()) as (conn, script):
        assert get(conn) == b'hello'
        conn.get('key')
        assert script.connections == 1


def test_a_folded_header_is_one_value():
    with talk(head_of(['x-amz-meta-a: one', '  two', '\tthree',
                       'Content-Length: 0'], body=b'')) as (conn, _):
        assert conn.head('key').metadata == {'a': 'one two three'}


def test_150_metadata_headers_arrive():
    metadata = {'name-%d' % n: str(n) for n in range(150)}
    headers = {'x-amz-meta-' + name: metadata[name] for name in metadata}
    with talk(answer(headers=headers)) as (conn, _):
        assert conn.head('key').metadata == metadata


@each('status, call', [
    (200, lambda conn: conn.head('key')),
    (204, lambda conn: conn.delete('key')),
    (304, lambda conn: conn.get('key', headers={'If-None-Match': 'e'}))])
@each('length', [1000, False])
def test_an_answer_without_body_may_state_any_length(status, call, length):
    with talk(answer(status, length=length), answer(body=b'x'),
              timeout=(10, 2)) as (conn, script):
        assert call(conn).status_code == status
        assert get(conn) == b'x'
        assert script.connections == 1


# -- bodies of answers

def test_an_error_may_end_with_the_connection():
    no = hang_up_after(answer(403, DENIED, length=False))
    with talk(no) as (conn, _):
        assert denied(conn) == 'AccessDenied'


def test_a_cut_listing_that_ends_with_the_connection_is_retried():
    cut = hang_up_after(answer(body=PAGE[:-3], length=False))
    with talk(cut, answer(body=PAGE)) as (conn, _):
        assert keys(conn) == ['one']


def test_an_endless_error_is_read_in_part():
    no = error_answer(403, 'AccessDenied', more='<X>%s</X>' % ('x' * 70000))
    endless = no.replace(b'Content-Length: ', b'Content-Length: 99')
    with talk(watch(endless, threading.Event()), retry=1) as (conn, _):
        with pytest.raises(tinys3.AccessDenied):
            conn.get('key')


def test_a_body_cut_short_is_fetched_again():
    with talk(hang_up_after(answer(body=b'hel', length=5)),
              answer(body=b'hello')) as (conn, _):
        assert get(conn) == b'hello'


def test_a_body_that_is_always_cut_short_is_a_transport_error():
    cut = hang_up_after(answer(body=b'hel', length=5))
    with talk(cut, cut, cut, retry=3) as (conn, script):
        with pytest.raises(tinys3.TransportError, match='2 bytes'):
            conn.get('key')
        assert len(script.requests) == 3


@each('quiet', [
    silent, watch(answer(body=b'hel', length=5), threading.Event())],
    ids=['instead of an answer', 'within a body'])
def test_silence_is_a_timeout(quiet):
    with talk(quiet, retry=1, timeout=(10, 0.3)) as (conn, _):
        with pytest.raises(tinys3.TransportError, match='timed out'):
            conn.get('key')


def test_waiting_is_bounded_unless_said_otherwise():
    options = inspect.signature(tinys3.Connection).parameters
    assert options['timeout'].default == (5, 60)
    with talk(answer(), timeout=(5, 60)) as (conn, script):
        conn.get('key')
        sock, = sockets_to(script.port)
        assert sock.gettimeout() == 60


@each('timeout', [None, (None, 60), (5, None)])
def test_waiting_may_be_without_end(timeout):
    with talk(answer(body=b'x'), timeout=timeout, retry=1) as (conn, _):
        assert get(conn) == b'x'


def test_an_answer_may_take_longer_than_any_of_its_bytes():
    """S3 sends a space now and then while it copies."""
    def drip(sock, asked):
        sock.sendall(head_of(['Content-Length: 27'], body=b''))
        for piece in [b' '] * 8 + [b'<CopyObjectResult/>']:
            threading.Event().wait(0.1)
            sock.sendall(piece)
        return True
    with talk(drip, retry=1, timeout=(10, 0.6)) as (conn, _):
        assert copy(conn).ok


def test_a_timeout_chains_its_cause():
    with talk(silent, retry=1, timeout=(10, 0.3)) as (conn, _):
        with pytest.raises(tinys3.TransportError) as caught:
            conn.get('key')
        assert isinstance(caught.value.__cause__, socket.timeout)


OBJECT = b'twenty bytes of data'


@each('whole, call, right', [
    (answer(body=OBJECT), get, OBJECT),
    (chunked(OBJECT), get, OBJECT),
    (b'HTTP/1.1 100 Continue\r\n\r\n' + answer(body=OBJECT), get, OBJECT),
    (answer(body=PAGE), keys, ['one']),
    (chunked(PAGE, size=50), keys, ['one']),
    (answer(204, length=False), lambda conn: conn.delete(
        'key').status_code, 204),
    (answer(), lambda conn: conn.upload('key', b'x').status_code, 200),
], ids=['get', 'get chunked', 'get after interim', 'list', 'list chunked',
        'delete', 'upload'])
def test_an_answer_cut_anywhere_is_right_or_refused(whole, call, right):
    cuts = [hang_up_after(whole[:end]) for end in range(len(whole) + 1)]
    with talk(*cuts, retry=1) as (conn, _):
        outcomes = [outcome(lambda: call(conn)) for _ in cuts]
    refused = outcomes.index(right)
    assert refused > 0 and outcomes[:refused] == ['refused'] * refused
    assert all(each == right for each in outcomes[refused:])


# -- streams

@each('raw', [
    answer(body=OBJECT), chunked(OBJECT)], ids=['length', 'chunks'])
def test_a_stream_is_read_in_pieces(raw):
    with talk(raw) as (conn, _):
        with conn.get('key', stream=True) as response:
            pieces = [response.read(8) for _ in range(4)]
        assert pieces == [OBJECT[:8], OBJECT[8:16], OBJECT[16:], b'']


def test_a_stream_read_to_its_end_gives_its_connection_back():
    with talk(answer(body=OBJECT), answer()) as (conn, script):
        conn.get('key', stream=True).read()
        conn.get('key')
        assert script.connections == 1


@each('read', [
    lambda response: response.read(), lambda response: response.read(15),
    lambda response: response.content,
    lambda response: b''.join(response.iter_content(4))],
    ids=['read', 'read(n)', 'content', 'iter_content'])
@each('raw', [
    answer(body=OBJECT[:10], length=20), chunked(OBJECT, size=10)[:-20]],
    ids=['length', 'chunks'])
def test_a_stream_cut_short_never_returns_short_data(raw, read):
    with talk(hang_up_after(raw), retry=1) as (conn, _):
        with conn.get('key', stream=True) as response:
            with pytest.raises(tinys3.TransportError, match='key'):
                read(response)


@each('leave', [
    lambda response: response.close(), lambda response: None,
    lambda response: response.read(10),
    lambda response: next(response.iter_content(10))],
    ids=['closed', 'abandoned', 'abandoned after a read', 'iterator'])
def test_a_stream_left_early_leaks_no_socket(leave):
    gone = threading.Event()
    with talk(watch(answer(body=bytes(4 << 20)), gone)) as (conn, _):
        leave(conn.get('key', stream=True))
        for _ in range(3):      # on PyPy finalizers run a round later
            gc.collect()
        assert gone.wait(10)


@each('raw', [
    answer(200, b'x' * 12), answer(206, b'x' * 10),
    answer(206, b'x' * 10, {'Content-Range': 'bytes 10-19/100'}),
    answer(206, b'x' * 12, {'Content-Range': 'bytes 0-11/100'}),
    answer(206, b'x' * 5, {'Content-Range': 'bytes 0-4/100'}),
    answer(206, b'x' * 5, {'Content-Range': 'bytes 0-9/100'}),
    answer(206, b'x' * 10, {'Content-Range': 'garbage'}),
], ids=['200', 'no Content-Range', 'other start', 'more', 'less',
        'less than it says', 'garbage'])
def test_other_bytes_than_were_asked_for_are_refused(raw):
    with talk(raw, retry=1) as (conn, _):
        with pytest.raises(tinys3.IntegrityError):
            conn.get('key', byte_range=(0, 9))


@each('size, byte_range, span', [
    (10, (0, 9), '0-9/100'), (3, (0, 9), '0-2/3'),
    (3, (97, None), '97-99/100'), (2, (98, 200), '98-99/100'),
    (3, (0, 2), '0-2/*')])
def test_the_bytes_asked_for_are_returned(size, byte_range, span):
    raw = answer(206, b'x' * size, {'Content-Range': 'bytes ' + span})
    with talk(raw) as (conn, _):
        found = conn.get('key', byte_range=byte_range)
        assert found.content == b'x' * size


def test_a_range_of_an_empty_object_is_empty():
    with talk(error_answer(416, 'InvalidRange')) as (conn, _):
        assert conn.get('key', byte_range=(0, 9)).content == b''


# -- retries

@each('failure', [
    answer(503, length=0), error_answer(503, 'SlowDown'),
    error_answer(503, 'ServiceUnavailable'),
    error_answer(500, 'InternalError'), answer(502, b'<html>', length=6),
    answer(504, length=0), answer(429, length=0), answer(408, length=0),
    error_answer(400, 'RequestTimeout'),
    error_answer(409, 'OperationAborted')],
    ids=['503', 'SlowDown', 'ServiceUnavailable', 'InternalError', '502',
         '504', '429', '408', 'RequestTimeout', 'OperationAborted'])
def test_a_passing_failure_is_retried_after_a_nap(failure):
    with talk(failure, answer(body=b'x')) as (conn, _):
        assert get(conn) == b'x'
        assert len(conn.naps) == 1


@each('status, code', [
    (501, 'NotImplemented'), (403, 'AccessDenied'), (404, 'NoSuchKey'),
    (400, 'InvalidArgument'), (412, 'PreconditionFailed'),
    (409, 'BucketNotEmpty')])
def test_a_lasting_failure_is_not_retried(status, code):
    with talk(error_answer(status, code), answer()) as (conn, script):
        with pytest.raises(tinys3.ResponseError):
            conn.get('key')
        assert (len(script.requests), conn.naps) == (1, [])


def test_a_lasting_storm_ends_after_five_attempts():
    storm = [error_answer(500, 'InternalError')] * 6
    with talk(*storm) as (conn, script):
        with pytest.raises(tinys3.ResponseError):
            conn.get('key')
        assert (len(script.requests), len(conn.naps)) == (5, 4)


@each('status', [429, 503])
def test_retry_after_is_obeyed(status):
    busy = error_answer(status, 'SlowDown', headers={'Retry-After': '7'})
    with talk(busy, answer()) as (conn, _):
        conn.get('key')
        assert conn.naps == [7]


def test_a_refused_connection_is_retried_then_told():
    script = Script()
    script.close()
    with scripted(script, retry=3) as conn:
        with pytest.raises(tinys3.TransportError, match='(?i)refused'):
            conn.get('key')
        assert len(conn.naps) == 2


def test_an_unknown_host_is_named():
    with talk(endpoint='http://nosuchhost.invalid', retry=1) as (conn, _):
        with pytest.raises(tinys3.TransportError, match='nosuchhost.invalid'):
            conn.get('key')


# -- TLS

Certificates = collections.namedtuple('Certificates', 'ca good other lax')

OPENSSL = '''
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
subjectAltName = $ENV::NAMES
basicConstraints = CA:FALSE
keyUsage = digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[lax]
subjectAltName = $ENV::NAMES
basicConstraints = CA:FALSE
keyUsage = digitalSignature, keyCertSign
'''
NEW_KEY = ('req -new -config conf -newkey ec -pkeyopt '
           'ec_paramgen_curve:P-256 -nodes -keyout %s.key -subj /CN=%s ')


@pytest.fixture(scope='session')
def certificates(tmp_path_factory):
    """An authority of our own, a server it vouches for, one of another
    name, and one whose certificate RFC 5280 would not have."""
    folder = tmp_path_factory.mktemp('certificates')
    (folder / 'conf').write_text(OPENSSL)

    def openssl(words, names='DNS:unused'):
        try:
            subprocess.run(
                ['openssl'] + words.split(), cwd=str(folder), check=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                env=dict(os.environ, NAMES=names))
        except FileNotFoundError:
            pytest.skip('there is no openssl command to make certificates')

    def serve(name, names, extensions='leaf'):
        openssl(NEW_KEY % (name, name) + '-out csr.pem')
        openssl('x509 -req -in csr.pem -CA ca.pem -CAkey ca.key -days 2 '
                '-CAcreateserial -out %s.pem -extfile conf -extensions %s'
                % (name, extensions), names)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(str(folder / (name + '.pem')),
                                str(folder / (name + '.key')))
        return context
    openssl(NEW_KEY % ('ca', 'ca')
            + '-x509 -days 2 -extensions authority -out ca.pem')
    return Certificates(str(folder / 'ca.pem'),
                        serve('good', 'IP:127.0.0.1, DNS:localhost'),
                        serve('other', 'DNS:other.example'),
                        serve('lax', 'IP:127.0.0.1', 'lax'))


def test_tls_trusts_the_given_authority(certificates):
    with talk(answer(body=b'x'), answer(body=b'y'), ca_bundle=certificates.ca,
              server_tls=certificates.good) as (conn, script):
        assert (get(conn), get(conn)) == (b'x', b'y')
        assert script.connections == 1


@each('name', ['AWS_CA_BUNDLE', 'SSL_CERT_FILE'])
def test_tls_trusts_the_authority_of_the_environment(
        certificates, monkeypatch, name):
    monkeypatch.setenv(name, certificates.ca)
    with talk(answer(body=b'x'), server_tls=certificates.good) as (conn, _):
        assert get(conn) == b'x'


@each('named', range(4))
def test_the_first_that_names_an_authority_wins(
        certificates, monkeypatch, shared_files, named):
    """In this order: argument, AWS_CA_BUNDLE, profile, SSL_CERT_FILE."""
    ca = [''] * named + [certificates.ca] + ['/nowhere.pem'] * (3 - named)
    monkeypatch.setenv('AWS_CA_BUNDLE', ca[1])
    shared_files(b'[default]\nca_bundle = ' + ca[2].encode())
    monkeypatch.setenv('SSL_CERT_FILE', ca[3])
    with talk(answer(body=b'x'), ca_bundle=ca[0],
              server_tls=certificates.good) as (conn, _):
        assert get(conn) == b'x'


def test_tls_trusts_a_folder_of_authorities(certificates, tmp_path):
    name = subprocess.check_output(
        ['openssl', 'x509', '-hash', '-noout', '-in', certificates.ca])
    with open(certificates.ca) as ca:
        (tmp_path / (name.decode().strip() + '.0')).write_text(ca.read())
    with talk(answer(body=b'x'), ca_bundle=str(tmp_path),
              server_tls=certificates.good) as (conn, _):
        assert get(conn) == b'x'


def test_a_private_certificate_may_be_lax(certificates):
    with talk(answer(body=b'x'), ca_bundle=certificates.ca,
              server_tls=certificates.lax) as (conn, _):
        assert get(conn) == b'x'


def test_public_authorities_are_held_to_the_rules():
    context = tinys3._Transport((5, 60))._context()
    assert context.verify_flags == ssl.create_default_context().verify_flags
    assert (context.verify_mode, context.check_hostname) == (
        ssl.CERT_REQUIRED, True)


def test_an_unknown_authority_is_refused_at_once(certificates):
    with talk(answer(), server_tls=certificates.good) as (conn, script):
        with pytest.raises(tinys3.TransportError, match='ca_bundle='):
            conn.get('key')
        assert (script.requests, conn.naps) == ([], [])


def test_a_certificate_of_another_host_is_refused_at_once(certificates):
    with talk(answer(), ca_bundle=certificates.ca,
              server_tls=certificates.other) as (conn, script):
        with pytest.raises(tinys3.TransportError):
            conn.get('key')
        assert (script.requests, conn.naps) == ([], [])


@each('make', [bytes, io.BytesIO])
def test_a_large_body_is_sent_over_tls(certificates, make):
    data = os.urandom(2 << 20)
    with talk(answer(), ca_bundle=certificates.ca, retry=1,
              server_tls=certificates.good) as (conn, script):
        conn.upload('key', make(data))
        assert script.requests[0].body == data


def test_an_early_no_over_tls_is_what_the_caller_gets(certificates):
    no = early_answer(error_answer(403, 'AccessDenied'))
    with talk(no, ca_bundle=certificates.ca, part_size=16 << 20,
              server_tls=certificates.good) as (conn, _):
        with pytest.raises(tinys3.AccessDenied):
            conn.upload('key', LARGE)


def test_a_body_cut_short_over_tls_is_refused(certificates):
    cut = hang_up_after(answer(body=b'hel', length=5))
    with talk(cut, ca_bundle=certificates.ca, retry=1,
              server_tls=certificates.good) as (conn, _):
        with pytest.raises(tinys3.TransportError):
            conn.get('key')


def test_a_connection_that_died_idle_costs_no_attempt_over_tls(certificates):
    with talk(hang_up_after(answer()), answer(body=b'x'), retry=1,
              ca_bundle=certificates.ca,
              server_tls=certificates.good) as (conn, _):
        conn.get('key')
        assert get(conn) == b'x'


class Plain(Script):
    """Answers in plain HTTP whatever is said."""

    def _exchange(self, sock):
        sock.recv(65536)
        sock.sendall(error_answer(400, 'BadRequest'))
        return False


def test_plain_http_on_an_https_endpoint_is_told():
    with Plain() as script, scripted(script, retry=1, endpoint=(
            'https://127.0.0.1:%d' % script.port)) as conn:
        with pytest.raises(tinys3.TransportError, match='plain HTTP'):
            conn.get('key')


# -- proxies

class ProxyServer(Script):
    """A proxy of raw sockets, that insists on a login if it has one, or
    gives the answers of a script. Signatures are for the origin only."""

    def __init__(self, *answers, login=''):
        self._login = login and 'Basic ' + base64.b64encode(
            login.encode()).decode()
        super().__init__(*answers or [self._pass_on] * 100)

    def _check(self, asked):
        if asked.headers['host'] not in asked.target:
            self.wrong.append(asked)

    def _pass_on(self, sock, asked):
        if asked.headers.get('proxy-authorization', '') != self._login:
            sock.sendall(answer(407, b'<html>', reason='Who are you?'))
            return True
        url = urllib.parse.urlsplit(
            '//' * (asked.method == 'CONNECT') + asked.target)
        if asked.method == 'CONNECT':
            self._connect(sock, url.hostname, url.port)
        else:
            self._forward(sock, asked, url)
        return asked.method != 'CONNECT'

    @staticmethod
    def _connect(sock, host, port):
        def pump(source, sink):
            with contextlib.suppress(OSError):
                try:
                    for data in iter(lambda: source.recv(65536), b''):
                        sink.sendall(data)
                finally:        # a reset ends it as well
                    sink.shutdown(socket.SHUT_WR)
        with socket.create_connection((host, port)) as origin:
            sock.sendall(b'HTTP/1.0 200 Go on\r\nVia: test\r\n\r\n')
            there = threading.Thread(target=pump, args=(sock, origin))
            there.start()
            pump(origin, sock)
            there.join()

    @staticmethod
    def _forward(sock, asked, url):
        with contextlib.closing(http.client.HTTPConnection(
                url.hostname, url.port)) as origin:
            headers = {name: value for name, value in asked.headers.items()
                       if not name.startswith('proxy-')}
            origin.request(asked.method, url._replace(
                scheme='', netloc='').geturl(), asked.body, headers)
            found = origin.getresponse()
            sock.sendall(answer(found.status, found.read(), {
                'ETag': found.headers.get('ETag', ''),
                'Connection': 'keep-alive'}))


USER, PASSWORD = 'j@ne', 'pass:w/rd%\u00e9'
BOTH = urllib.parse.quote(USER, '') + ':' + urllib.parse.quote(PASSWORD, '')


def address_of(proxy, login=''):
    return 'http://%s127.0.0.1:%d' % (login and login + '@', proxy.port)


@contextlib.contextmanager
def behind(*answers, script=(), login='', **more):
    """Lend a Connection behind a proxy, which may have a script of its own,
    then the server, then the proxy."""
    with ProxyServer(*script, login=login and USER + ':' + PASSWORD) as proxy:
        more.setdefault('proxy', address_of(proxy, login))
        with talk(*answers, **more) as (conn, server):
            yield conn, server, proxy


@pytest.fixture(params=['http', 'https'])
def tls(request):
    """The options of a talk, without and with TLS."""
    if request.param == 'http':
        return {}
    certificates = request.getfixturevalue('certificates')
    return dict(server_tls=certificates.good, ca_bundle=certificates.ca)


def test_a_proxy_carries_requests_and_their_connection(tls):
    with behind(answer(), answer(body=b'x'), answer(body=PAGE), login=BOTH,
                **tls) as (conn, _, proxy):
        assert conn.upload('key', b'data').ok
        assert (get(conn), keys(conn)) == (b'x', ['one'])
        assert proxy.connections == 1


@each('size', [0, 100000, 5 << 20])
def test_a_proxy_carries_bodies_both_ways(tls, size):
    data = os.urandom(size)
    with behind(answer(), answer(body=data, headers={'ETag': '"e"'}),
                retry=1, **tls) as (conn, server, _):
        conn.upload('key', io.BytesIO(data))
        assert (get(conn), server.requests[0].body) == (data, data)


def test_the_password_is_for_the_proxy_only(tls):
    with behind(answer(), login=BOTH, **tls) as (conn, server, proxy):
        conn.get('key')
    asked, = proxy.requests
    assert 'proxy-authorization' in asked.headers
    assert not [name for name in server.requests[0].headers if 'prox' in name]
    assert 'proxy' not in asked.headers.get('authorization', '')


def test_a_tunnel_is_asked_for_in_http_1_1(certificates):
    with behind(answer(), server_tls=certificates.good,
                ca_bundle=certificates.ca) as (conn, server, proxy):
        conn.get('key')
    there = '127.0.0.1:%d' % server.port
    assert proxy.requests == [Asked('CONNECT', there, {'host': there}, b'')]


def test_a_plain_request_names_the_whole_url():
    with behind(answer(body=b'x')) as (conn, server, proxy):
        assert conn.get('a b').url == server.endpoint + '/bucket/a%20b'
    assert proxy.requests[0].target == server.endpoint + '/bucket/a%20b'
    assert server.requests[0].target == '/bucket/a%20b'


@each('offer, connections', [
    ('keep-alive', 1), ('Keep-Alive', 1), ('close', 2), ('', 2)])
def test_a_proxy_is_used_again_if_it_offers_to(offer, connections):
    raw = answer(body=b'x', headers={'Connection': offer})
    with behind(script=[raw] * 2) as (conn, _, proxy):
        assert (get(conn), get(conn)) == (b'x', b'x')
        assert proxy.connections == connections


def test_the_host_behind_a_proxy_is_verified(certificates):
    with behind(answer(), ca_bundle=certificates.ca,
                server_tls=certificates.other) as (conn, server, _):
        with pytest.raises(tinys3.TransportError, match='through the proxy'):
            conn.get('key')
        assert (server.requests, conn.naps) == ([], [])


def test_an_origin_that_answers_407_is_no_proxy(certificates):
    with behind(answer(407, length=0), ca_bundle=certificates.ca,
                server_tls=certificates.good) as (conn, _, _):
        with pytest.raises(tinys3.ResponseError):
            conn.get('key')


@each('login, advice', [
    ('', 'user:password@'), ('jane:wrong', 'check its user and password'),
    (USER.replace('@', '%40'), 'check its user and password')])
def test_a_proxy_that_wants_another_login_is_told_at_once(tls, login, advice):
    with ProxyServer(login='jane:right') as proxy, talk(
            proxy=address_of(proxy, login), **tls) as (conn, server):
        with pytest.raises(tinys3.TransportError) as caught:
            conn.get('key')
        assert '127.0.0.1:%d (proxy=) answered 407 Who are you?' % (
            proxy.port) in str(caught.value)
        assert advice in str(caught.value) and 'wrong' not in str(caught.value)
        assert (server.requests, conn.naps) == ([], [])


@each('status, tries, advice', [
    (403, 1, 'NO_PROXY'), (405, 1, 'NO_PROXY'), (302, 1, 'NO_PROXY'),
    (500, 3, 'NO_PROXY'), (502, 3, 'endpoint'), (503, 3, 'endpoint')])
def test_a_refused_tunnel_is_told(status, tries, advice):
    no = answer(status, b'<html>', reason='No')
    with behind(script=[no] * 3, endpoint='https://s3.example', retry=3) as (
            conn, _, proxy):
        with pytest.raises(tinys3.TransportError, match=(
                r'127\.0\.0\.1:%d.*answered %d No.*%s' % (
                    proxy.port, status, advice))):
            conn.get('key')
        assert len(proxy.requests) == tries


def endless_head(sock, asked):
    sock.sendall(b'HTTP/1.1 200 OK\r\n')
    while True:
        sock.sendall(b'X-More: and more\r\n' * 100)


@each('raw, told', [
    (None, 'closed too early'), (reset, 'reset'),
    (hang_up_after(b'HTTP/1.1 200 OK\r\nVia:'), 'closed too early'),
    (b'SSH-2.0-OpenSSH\r\n\r\n', 'not HTTP'),
    (answer(headers={'X': 'x' * 70000}), 'too long a head'),
    (endless_head, 'too long a head'),
    (b'HTTP/1.1 100 Go on\r\n\r\n' * 40, 'interim'),
    (b'HTTP/1.1 200 OK\r\n\r\nleft over', 'more came'),
], ids=['hangs up', 'resets', 'cut', 'garbage', 'huge', 'endless', 'interim',
        'leftovers'])
def test_a_broken_proxy_is_named(raw, told):
    with behind(script=[raw], endpoint='https://s3.example', retry=1) as (
            conn, _, proxy):
        with pytest.raises(tinys3.TransportError, match=told) as caught:
            conn.get('key')
    assert 'the proxy 127.0.0.1:%d (proxy=)' % proxy.port in str(caught.value)


def test_a_silent_proxy_times_out():
    with behind(script=[silent], endpoint='https://s3.example', retry=1,
                timeout=(0.3, 10)) as (conn, _, _):
        with pytest.raises(tinys3.TransportError, match=(
                'timed out .connecting to s3.example:443 through the proxy')):
            conn.get('key')


def test_a_proxy_that_cannot_be_reached_is_named(tls):
    proxy = 'http://jane:secret@127.0.0.1:%d' % free_port()
    with talk(proxy=proxy, retry=1, **tls) as (conn, _):
        with pytest.raises(tinys3.TransportError, match=(
                r'refused.*connecting to the proxy 127\.0\.0\.1:\d+ ')):
            conn.get('key')


def test_a_tunnel_that_died_idle_costs_no_attempt(certificates):
    with behind(hang_up_after(answer()), answer(body=b'x'), retry=1,
                server_tls=certificates.good,
                ca_bundle=certificates.ca) as (conn, _, proxy):
        conn.get('key')
        assert (get(conn), proxy.connections) == (b'x', 2)


def test_an_ipv6_host_has_brackets():
    no = answer(403, length=0)
    with behind(script=[no], endpoint='https://[::1]:9') as (conn, _, proxy):
        with pytest.raises(tinys3.TransportError):
            conn.get('key')
    assert (proxy.requests[0].target, proxy.requests[0].headers['host']) == (
        '[::1]:9', '[::1]:9')


def test_each_host_has_a_tunnel_of_its_own(certificates):
    with ProxyServer() as proxy, Script(
            answer(), tls=certificates.good) as one, Script(
            answer(), tls=certificates.good) as other:
        transport = tinys3._Transport(
            (5, 5), certificates.ca, address_of(proxy))
        for script in one, other:
            transport.send('GET', tinys3._Endpoint(script.endpoint).address(
                '', 'b', 'k', {}), {}, tinys3._Body())
        transport.close()
        assert (len(one.requests), len(other.requests)) == (1, 1)


def test_no_message_nor_log_has_the_password(caplog):
    caplog.set_level('DEBUG')
    said = []
    for raw in (None, b'garbage\r\n\r\n', answer(407), answer(502)):
        with behind(script=[raw] * 2, login=BOTH, retry=2,
                    endpoint='https://s3.example') as (conn, _, _):
            with pytest.raises(tinys3.TransportError) as caught:
                conn.get('key')
            said += [repr(conn), repr(conn._transport._proxy)]
        said += traceback.format_exception(
            caught.type, caught.value, caught.value.__traceback__)
        said.append(repr(pickle.dumps(caught.value)))
    said += [record.getMessage() for record in caplog.records]
    basic = base64.b64encode((USER + ':' + PASSWORD).encode()).decode()
    assert not [text for text in said for secret in (
        BOTH, PASSWORD, basic, 'rd%25') if secret in text]


BAD_PROXIES = [
    'socks5://jane:secret@h:1080', 'https://h:3128', 'https://jane:secret@h',
    'h:99999', 'h:0', 'h:x', 'http://', 'http://h:80/path', 'ftp://h',
    'http://jane:sec/ret@h:80', 'h\r\nx', 'two words', '[::1', 'h:1:2']


@each('address', BAD_PROXIES)
def test_what_is_no_http_proxy_is_refused(address):
    with pytest.raises(ValueError, match='proxy=.*SOCKS') as caught:
        tinys3.Connection(ACCESS, SECRET, proxy=address)
    assert 'sec' not in str(caught.value)


@each('address', BAD_PROXIES)
def test_a_variable_that_is_no_http_proxy_is_told(monkeypatch, address):
    monkeypatch.setenv('ALL_PROXY', address)
    with talk(answer()) as (conn, _):
        with pytest.raises(tinys3.TransportError, match='all_proxy') as caught:
            conn.get('key')
        assert conn.naps == [] and 'sec' not in str(caught.value)


@each('proxy', [True, b'h:80', 80])
def test_a_proxy_is_text(proxy):
    with pytest.raises(TypeError, match='proxy'):
        tinys3.Connection(ACCESS, SECRET, proxy=proxy)


@each('address, place, login', [
    ('h', ('h', 80), None), ('h:3128', ('h', 3128), None),
    (' http://h:3128/ ', ('h', 3128), None), ('HTTP://H', ('H', 80), None),
    ('http://[::1]:1', ('::1', 1), None), ('http://@h', ('h', 80), None),
    ('jane:pw@h', ('h', 80), b'jane:pw'), ('jane@h', ('h', 80), b'jane:'),
    ('http://a%40b:p%3Aq%25@h:1', ('h', 1), b'a@b:p:q%'),
    ('http://a:p@q@h:1', ('h', 1), b'a:p@q'),
    ('http://a:%C3%A9\u00e9\udcff@h', ('h', 80), b'a:\xc3\xa9\xc3\xa9\xff')])
def test_the_forms_of_an_address(address, place, login):
    proxy = tinys3._Proxy(address, 'here')
    assert (proxy.host, proxy.port) == place
    assert proxy.headers == ({} if login is None else {
        'Proxy-Authorization': 'Basic ' + base64.b64encode(login).decode()})


@each('variables, scheme, found', [
    ({}, 'https', None),
    ({'HTTPS_PROXY': 'up'}, 'https', 'up:80 (https_proxy)'),
    ({'HTTPS_PROXY': 'up'}, 'http', None),
    ({'HTTP_PROXY': 'up'}, 'http', 'up:80 (http_proxy)'),
    ({'HTTP_PROXY': 'up'}, 'https', None),
    ({'ALL_PROXY': 'all'}, 'https', 'all:80 (all_proxy)'),
    ({'all_proxy': 'low', 'ALL_PROXY': 'up'}, 'http', 'low:80 (all_proxy)'),
    ({'ALL_PROXY': 'all', 'HTTPS_PROXY': 'up'}, 'https',
     'up:80 (https_proxy)'),
    ({'https_proxy': 'low', 'HTTPS_PROXY': 'up'}, 'https',
     'low:80 (https_proxy)'),
    ({'https_proxy': '', 'HTTPS_PROXY': 'up'}, 'https', None),
    ({'https_proxy': '', 'HTTPS_PROXY': 'up', 'ALL_PROXY': 'a'}, 'https',
     'a:80 (all_proxy)'),
    ({'HTTP_PROXY': 'evil', 'REQUEST_METHOD': 'GET'}, 'http', None),
    ({'http_proxy': 'low', 'REQUEST_METHOD': 'GET'}, 'http',
     'low:80 (http_proxy)'),
    ({'HTTPS_PROXY': 'up', 'REQUEST_METHOD': 'GET'}, 'https',
     'up:80 (https_proxy)'),
    ({'ALL_PROXY': 'all', 'NO_PROXY': 's3.example'}, 'http', None),
    ({'ALL_PROXY': 'all', 'no_proxy': '', 'NO_PROXY': '*'}, 'http',
     'all:80 (all_proxy)')])
@pytest.mark.skipif(os.name == 'nt', reason='Windows knows no case there')
def test_the_environment_names_the_proxy(
        monkeypatch, variables, scheme, found):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    proxy = tinys3._find_proxy((scheme, 's3.example', 443))
    assert repr(proxy) == (found and 'the proxy ' + found or 'None')


@each('exempt, host, expected', [
    ('', 's3.example', False), (' , ,', 's3.example', False),
    ('*', 's3.example', True), ('*', '10.0.0.1', True),
    ('s3.example', 's3.example', True), ('example', 's3.example', True),
    ('.example', 's3.example', True), ('*.example', 's3.example', True),
    ('.s3.example', 's3.example', True), ('S3.Example', 's3.example', True),
    ('3.example', 's3.example', False), ('.', 's3.example', False),
    ('s3.example.org', 's3.example', False),
    ('a.b, example ,c', 's3.example', True), ('a example', 's3.example', True),
    ('s3.example:443', 's3.example', True),
    ('s3.example:80', 's3.example', False), ('*:443', 's3.example', True),
    ('example:443', 's3.example', True), ('*:80', 's3.example', False),
    ('10.0.0.1', '10.0.0.1', True), ('0.0.1', '10.0.0.1', False),
    ('10.0.0.1:443', '10.0.0.1', True), ('10.0.0.1:80', '10.0.0.1', False),
    ('10.0.0.0/8', '10.1.2.3', True), ('10.0.0.9/8', '10.1.2.3', True),
    ('10.0.0.0/8', '11.1.2.3', False), ('10.0.0.0/8', 's3.example', False),
    ('10.0.0.0/99', '10.1.2.3', False), ('::1', '10.1.2.3', False),
    ('::1', '::1', True), ('[::1]', '::1', True), ('[::1]:443', '::1', True),
    ('[::1]:80', '::1', False), ('0:0:0:0:0:0:0:1', '::1', True),
    ('fd00::/8', 'fd12::1', True), ('fd00::/8', 'fe80::1', False),
    ('fe80::/10', 'fe80::1%eth0', True), ('10.0.0.0/8', 'fd00::1', False),
    ('localhost', '127.0.0.1', False), ('1.2.3', '1.2.3', False)])
def test_no_proxy_names_hosts(exempt, host, expected):
    assert tinys3._is_exempt(host, 443, exempt) is expected


def test_the_proxy_of_the_environment_is_used(monkeypatch, tls):
    with ProxyServer() as proxy, talk(answer(), **tls) as (conn, _):
        monkeypatch.setenv('all_proxy', address_of(proxy))
        conn.get('key')
        assert proxy.connections == 1


@each('variables, more', [
    ({}, {'proxy': False}), ({}, {'proxy': ''}),
    ({'NO_PROXY': '127.0.0.0/8'}, {})])
def test_no_proxy_is_used_where_none_is_wanted(monkeypatch, variables, more):
    for name, value in dict(variables, ALL_PROXY='nosuch.invalid').items():
        monkeypatch.setenv(name, value)
    with talk(answer(body=b'x'), retry=1, **more) as (conn, _):
        assert get(conn) == b'x'


def test_the_argument_wins_over_the_environment(monkeypatch):
    monkeypatch.setenv('HTTP_PROXY', 'http://nosuch.invalid')
    monkeypatch.setenv('NO_PROXY', '*')
    with behind(answer(), retry=1) as (conn, _, proxy):
        conn.get('key')
        assert proxy.connections == 1


@each('bypassed, found', [
    ([], "the proxy sys:8080 (the system's settings)"),
    (['s3.example'], 'None')])
@each('platform', ['darwin', 'win32'])
def test_the_system_may_know_a_proxy(monkeypatch, platform, bypassed, found):
    monkeypatch.setattr(sys, 'platform', platform)
    monkeypatch.setattr(urllib.request, 'getproxies', lambda: {
        'https': 'https://sys:8080', 'http': 'http://sys:8080'})
    monkeypatch.setattr(
        urllib.request, 'proxy_bypass', lambda host: host in bypassed)
    for scheme in 'https', 'http':
        proxy = tinys3._find_proxy((scheme, 's3.example', 443))
        assert repr(proxy) == found


def test_a_forked_child_does_not_ask_the_system(monkeypatch):
    monkeypatch.setattr(sys, 'platform', 'darwin')
    monkeypatch.setattr(urllib.request, 'getproxies', None)
    monkeypatch.setattr(urllib.request, 'proxy_bypass', None)
    monkeypatch.setattr(tinys3, '_FIRST_PID', 0)
    assert tinys3._find_proxy(('http', 'h', 80)) is None
    monkeypatch.setenv('HTTP_PROXY', 'up')
    assert tinys3._find_proxy(('http', 'h', 80)).host == 'up'


def test_nothing_is_imported_where_there_is_no_proxy():
    code = ('import sys, tinys3; conn = tinys3.Connection("a", "b", "bucket",'
            ' endpoint=%r); conn.get("key"); conn.close(); '
            'print("urllib.request" in sys.modules)')
    with Script(answer(), secret='b') as script:
        said = subprocess.check_output(
            [sys.executable, '-c', code % script.endpoint], env=dict(
                os.environ, PYTHONPATH=os.path.dirname(tinys3.__file__)))
    assert said.split() == [b'False']


@pytest.mark.skipif(not hasattr(os, 'fork'), reason='there is no os.fork')
@pytest.mark.filterwarnings('ignore:.*fork:DeprecationWarning')
def test_a_forked_child_has_a_tunnel_of_its_own(certificates):
    with behind(answer(), answer(body=b'child'), answer(body=b'parent'),
                login=BOTH, server_tls=certificates.good,
                ca_bundle=certificates.ca) as (conn, _, proxy):
        conn.get('key')
        assert a_child_gets(conn, b'child')
        assert (get(conn), proxy.connections) == (b'parent', 2)


def test_a_pickled_connection_keeps_its_proxy():
    with behind(answer(body=b'x'), login=BOTH) as (conn, _, proxy):
        with pickle.loads(pickle.dumps(conn)) as copy:
            assert get(copy) == b'x'
    assert proxy.connections == 1


@contextlib.contextmanager
def running(command, conf, folder):
    """Run a proxy that is installed here, on a free port."""
    if not shutil.which(command[0]):
        pytest.skip('%s is not installed' % command[0])
    port = free_port()
    (folder / 'conf').write_text(conf % {'port': port, 'folder': folder})
    process = subprocess.Popen(
        command + [str(folder / 'conf')], stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, cwd=str(folder))
    try:
        wait_for(port, process)
        yield port
    finally:
        process.kill()
        process.wait()


TINYPROXY = (['tinyproxy', '-d', '-c'], """
Port %(port)d
Listen 127.0.0.1
BasicAuth jane secret
""")
SQUID = (['squid', '-N', '-f'], """
http_port 127.0.0.1:%(port)d
http_access allow all
cache deny all
access_log none
cache_log /dev/null
pid_filename none
shutdown_lifetime 0 seconds
""")


@each('command, conf', [TINYPROXY, SQUID], ids=['tinyproxy', 'squid'])
def test_a_real_proxy_carries_bodies_both_ways(tls, tmp_path, command, conf):
    data = os.urandom(5 << 20)
    with running(command, conf, tmp_path) as port, talk(
            answer(), answer(body=data, headers={'ETag': '"e"'}), answer(),
            proxy='http://jane:secret@127.0.0.1:%d' % port, retry=1,
            **tls) as (conn, server):
        assert conn.upload('key', data).ok
        assert get(conn) == data
        conn.delete('key')
        assert server.requests[0].body == data
        assert 'proxy-authorization' not in server.requests[0].headers


def test_a_real_proxy_wants_its_password(tmp_path):
    with running(*TINYPROXY, tmp_path) as port, talk(
            proxy='http://jane:wrong@127.0.0.1:%d' % port,
            endpoint='https://s3.example') as (conn, _):
        with pytest.raises(tinys3.TransportError, match='check its user and'):
            conn.get('key')
        assert conn.naps == []


# -- threads and processes

def test_threads_never_get_each_others_answers():
    wrong = []

    def work(name):
        for _ in range(40):
            if not conn.get(name).content.endswith(b'/' + name.encode()):
                wrong.append(name)
    with talk(*[echo] * 100) as (conn, script):
        with concurrent.futures.ThreadPoolExecutor(50) as threads:
            list(threads.map(work, ['key-%d' % n for n in range(50)]))
        assert wrong == [] and script.connections <= 50


@pytest.mark.skipif(not hasattr(os, 'fork'), reason='there is no os.fork')
@pytest.mark.filterwarnings('ignore:.*fork:DeprecationWarning')
def test_a_forked_child_uses_connections_of_its_own():
    with talk(answer(), answer(body=b'child'), answer(body=b'parent')
              ) as (conn, script):
        conn.get('key')
        assert a_child_gets(conn, b'child')
        assert (get(conn), script.connections) == (b'parent', 2)


def test_a_pickled_connection_works_in_another_process():
    code = ('import pickle, sys; '
            'conn = pickle.load(sys.stdin.buffer); '
            'sys.stdout.write(conn.get("key").text); conn.close()')
    with talk(answer(), answer(body=b'there')) as (conn, script):
        conn.get('key')
        said = subprocess.run(
            [sys.executable, '-c', code], input=pickle.dumps(conn),
            stdout=subprocess.PIPE, check=True, env=dict(
                os.environ, PYTHONPATH=os.path.dirname(tinys3.__file__)))
        assert (said.stdout, script.connections) == (b'there', 2)


def test_bytes_that_tls_decrypted_already_are_no_answer(certificates):
    raw = answer(body=b'hello', headers={'ETag': '"e"'})
    evil = answer(body=b'EVIL!', headers={'ETag': '"e"'})

    def surplus(sock, asked):
        sock.sendall(raw[:-5])
        sock.sendall(b'hello' + evil)
        return True
    with talk(surplus, raw, server_tls=certificates.good,
              ca_bundle=certificates.ca) as (conn, _):
        assert conn.get('a').content == b'hello'
        assert conn.get('b').content == b'hello'


@each('interim', [b'100 Continue', b'103 Early Hints\r\nLink: </x>'])
def test_an_interim_answer_does_not_stop_a_large_upload(interim):
    @early
    def go_on(sock, asked):
        sock.sendall(b'HTTP/1.1 ' + interim + b'\r\n\r\n')
        body = Script._read(sock, len(LARGE))
        sock.sendall(answer() if body == LARGE else answer(400))
        return True
    with talk(go_on, retry=1, part_size=16 << 20) as (conn, _):
        assert conn.upload('k', LARGE).ok


@each('cut', [1, 9, 12, 20])
def test_an_interim_answer_in_two_pieces_does_not_stop_an_upload(cut):
    interim = b'HTTP/1.1 102 Processing\r\n\r\n'

    @early
    def go_on(sock, asked):
        sock.sendall(interim[:cut])
        body = Script._read(sock, len(LARGE))
        sock.sendall(interim[cut:] + (
            answer() if body == LARGE else answer(400)))
        return True
    with talk(go_on, retry=1, part_size=16 << 20, timeout=5) as (conn, _):
        assert conn.upload('k', LARGE).ok


def test_a_version_without_length_is_refused():
    raw = b'HTTP/1.1 200 OK\r\nETag: "e"\r\nConnection: close\r\n\r\nhal'
    with talk(raw, retry=1) as (conn, _):
        with pytest.raises(tinys3.TransportError, match='how long'):
            conn.get('k', version_id='v')


def test_endless_trailers_are_refused():
    raw = (b'HTTP/1.1 200 OK\r\nETag: "e"\r\nTransfer-Encoding: Chunked'
           b'\r\n\r\n2\r\nok\r\n0\r\n' + b'x: y\r\n' * 200 + b'\r\n')
    with talk(raw, retry=1) as (conn, _):
        with pytest.raises(tinys3.TransportError, match='trailers'):
            conn.get('k')


@each('chunk', [b'-5\r\nhello', b'0x5\r\nhello', b'0_5\r\nhello',
                b'5\r\nhelloXX', b'\r\nhello'])
def test_a_malformed_chunk_is_refused(chunk):
    raw = (b'HTTP/1.1 200 OK\r\nETag: "e"\r\nTransfer-Encoding: chunked'
           b'\r\n\r\n' + chunk + b'\r\n0\r\n\r\n')
    with talk(raw, retry=1) as (conn, _):
        with pytest.raises(tinys3.TransportError):
            conn.get('k')


@pytest.mark.skipif(sys.implementation.name != 'cpython',
                    reason='PyPy frees nothing at once')
@each('replies', [
    [answer()], [error_answer(403, 'AccessDenied')], [None], [silent],
    [early_answer(b'')], [answer(), None, None]],
    ids=['answer', 'error', 'hang up', 'silence', 'reset', 'stale'])
def test_what_was_sent_is_freed_without_the_collector(replies):
    file = io.BytesIO(LARGE[:2 << 20])
    freed = weakref.ref(file)
    with talk(*replies, retry=1, timeout=(10, 0.3)) as (conn, script):
        gc.disable()
        try:
            while script.answers:
                with contextlib.suppress(tinys3.S3Error):
                    conn.upload('k', file)
            del file
            assert freed() is None
        finally:
            gc.enable()


def test_an_error_of_ours_is_not_its_own_cause():
    with talk(b'garbage', retry=1) as (conn, _):
        with pytest.raises(tinys3.TransportError) as caught:
            conn.get('k')
    assert caught.value.__cause__ is not caught.value


def test_certificates_that_cannot_be_loaded_are_named(tmp_path):
    missing = str(tmp_path / 'nope.pem')
    with tinys3.Connection(ACCESS, SECRET, endpoint='https://127.0.0.1:1',
                           ca_bundle=missing) as conn:
        conn._sleep = None          # it is not tried again
        with pytest.raises(tinys3.TransportError, match='nope.pem'):
            conn.get('k', 'bucket')


@each('cycle', [('A', 'A'), ('A', 'B', 'A'), ('A', 'B', 'C', 'B')])
def test_a_listing_in_a_longer_circle_ends(cycle):
    pages = [answer(body=(
        '<ListBucketResult><IsTruncated>true</IsTruncated>'
        '<NextContinuationToken>%s</NextContinuationToken>'
        '</ListBucketResult>' % token).encode()) for token in cycle]
    with talk(*pages) as (conn, script):
        with pytest.raises(tinys3.TransportError):
            list(conn.list())
    assert len(script.requests) == len(cycle)


@pytest.mark.skipif(not os.path.exists('/proc/cpuinfo'),
                    reason='needs a /proc')
def test_a_file_that_tells_no_size_is_read_to_its_end():
    with talk(answer()) as (conn, script):
        conn.upload('k', '/proc/version')
    assert script.requests[0].body.startswith(b'Linux')


def test_an_answer_may_be_the_source_of_an_upload():
    told = {'Content-Type': 'text/plain; charset=utf-8'}
    with talk(answer(body=b'from there', headers=told), answer()) as (
            conn, script):
        with conn.get('a', stream=True) as response:
            conn.upload('b', response)
    assert script.requests[1].body == b'from there'


def test_a_source_that_gives_too_much_is_refused():
    class TooMuch(io.BytesIO):
        def read(self, size=-1):
            return super().read(size) + b'more'
    with talk() as (conn, script), pytest.raises(ValueError, match='gave'):
        conn.upload('k', TooMuch(b'0123456789'))
    assert script.requests == []


def test_update_metadata_asks_for_the_object_without_conditions():
    with talk(answer(headers={'Content-Type': 'a/b'}),
              error_answer(501, 'NotImplemented'),
              answer(body=b'<CopyObjectResult/>')) as (conn, script):
        conn.update_metadata('k', {'a': '1'}, headers={
            'If-Modified-Since': 'Fri, 24 May 2013 00:00:00 GMT',
            'x-amz-request-payer': 'requester'})
    head, acl, put = (asked.headers for asked in script.requests)
    assert 'if-modified-since' not in head
    assert put['content-type'] == 'a/b'
    assert [each_.get('x-amz-request-payer') for each_ in (head, acl, put)
            ] == ['requester'] * 3


def test_another_encryption_drops_the_key_of_the_old_one():
    old = {'x-amz-server-side-encryption': 'aws:kms',
           'x-amz-server-side-encryption-aws-kms-key-id': 'arn:k',
           'x-amz-server-side-encryption-bucket-key-enabled': 'true'}
    new = {'x-amz-server-side-encryption': 'AES256'}
    with talk(answer(headers=old), error_answer(501, 'NotImplemented'),
              answer(body=b'<CopyObjectResult/>')) as (conn, script):
        conn.update_metadata('k', {}, headers=new)
    sent = script.requests[2].headers
    assert {name: sent.get(name) for name in old} == dict(
        dict.fromkeys(old), **new)


def test_a_file_name_beyond_ascii_survives_a_copy_onto_itself():
    shown = 'attachment; filename="caf\u00e9.txt"'
    head = answer().replace(b'ETag', b'Content-Disposition: '
                            + shown.encode('utf-8') + b'\r\nETag')
    with talk(head, error_answer(501, 'NotImplemented'),
              answer(body=b'<CopyObjectResult/>')) as (conn, script):
        conn.update_metadata('k', {'a': '1'})
    assert script.requests[2].headers['content-disposition'] == (
        "attachment; filename*=UTF-8''caf%C3%A9.txt")


# ---------------------------------------------------------------------------
# Operations: once on a Connection, once on a Pool
# ---------------------------------------------------------------------------

ODD_KEYS = [
    'a b', 'a+b', 'a%2Bb', 'a%b', "it's", 'say "hi"', 'ünïcödé 日本語 😀',
    'what?is=this&that', 'hash#tag', 'semi;colon,comma', '~tilde*star',
    '<tag>&amp;', 'colon:at@', '[brackets]{braces}|^`',
]
SLASHED_KEYS = [
    'a//b', '//a', '/lead', 'trail/', 'a/./b', 'a/../b', '.', '..', './x',
    '../x', '/',
]


class OnBoth(object):
    """What holds on a Connection and on a Pool alike. A subclass has
    `client`, which makes one, and `outcome`, which gets a result."""

    @pytest.fixture
    def ops(self, server, shared_bucket):
        with self.client(server, shared_bucket) as made:
            yield lambda name, *args, **more: self.outcome(
                getattr(made, name)(*args, **more))


class OnConnection(object):
    """Operations are called on a Connection."""

    @staticmethod
    def client(server, name):
        return connect(server, default_bucket=name, part_size=PART)

    @staticmethod
    def outcome(result):
        return result


class OnPool(object):
    """Operations are called on a Pool."""

    @staticmethod
    def client(server, name):
        return tinys3.Pool(
            server.access, server.secret, default_bucket=name, size=2,
            endpoint=server.endpoint, region=server.region, part_size=PART)

    @staticmethod
    def outcome(result):
        return result.result(60)


class Operations(OnBoth):
    """The operations that move little."""

    def test_upload_returns_response_with_etag(self, ops, key, shared_bucket):
        response = ops('upload', key, b'hello')
        assert response.status_code == 200
        assert response.etag == hashlib.md5(b'hello').hexdigest()
        assert (response.key, response.bucket) == (key, shared_bucket)

    def test_get_returns_what_was_uploaded(self, ops, key):
        data = os.urandom(70000)
        ops('upload', key, data)
        assert ops('get', key).content == data

    def test_get_of_a_missing_key_tells_all(self, ops, key, shared_bucket):
        with pytest.raises(tinys3.NotFound) as caught:
            ops('get', key)
        error = caught.value
        assert (error.status_code, error.code) == (404, 'NoSuchKey')
        assert (error.key, error.bucket) == (key, shared_bucket)
        assert error.request_id and error.method == 'GET'

    def test_byte_range_is_inclusive(self, ops, key):
        ops('upload', key, b'0123456789')
        assert ops('get', key, byte_range=(2, 4)).content == b'234'

    def test_open_byte_range_reaches_the_end(self, ops, key):
        ops('upload', key, b'0123456789')
        assert ops('get', key, byte_range=(7, None)).content == b'789'

    def test_byte_range_beyond_the_end_is_refused(self, ops, key):
        ops('upload', key, b'0123456789')
        with pytest.raises(tinys3.ResponseError) as caught:
            ops('get', key, byte_range=(10, 20))
        assert caught.value.status_code == 416

    def test_byte_range_of_an_empty_object_is_empty(self, ops, key):
        ops('upload', key, b'')
        assert ops('get', key, byte_range=(0, 9)).content == b''

    def test_get_unchanged_is_304(self, ops, key):
        etag = ops('upload', key, b'x').etag
        response = ops('get', key, headers={'If-None-Match': etag})
        assert (response.status_code, response.content) == (304, b'')

    def test_get_with_wrong_if_match_fails(self, ops, key):
        ops('upload', key, b'x')
        with pytest.raises(tinys3.PreconditionFailed):
            ops('get', key, headers={'If-Match': 'ffff'})

    def test_head_tells_size_and_type(self, ops, key):
        ops('upload', key + '.html', b'<p>', headers={})
        headers = ops('head', key + '.html').headers
        assert headers['Content-Length'] == '3'
        assert headers['content-type'] == 'text/html'

    def test_head_object_is_head(self, ops, key):
        ops('upload', key, b'xyz')
        assert ops('head_object', key).headers['content-length'] == '3'

    def test_head_of_a_missing_key_is_not_found(self, ops, key):
        with pytest.raises(tinys3.NotFound) as caught:
            ops('head', key)
        assert caught.value.code == 'NotFound'

    def test_exists(self, ops, key):
        assert ops('exists', key) is False
        ops('upload', key, b'')
        assert ops('exists', key) is True

    def test_delete_succeeds_twice(self, ops, key):
        ops('upload', key, b'x')
        assert ops('delete', key).status_code in (200, 204)
        assert ops('delete', key).status_code in (200, 204)
        assert not ops('exists', key)

    def test_delete_many_counts(self, ops, key):
        keys = ['%s-%d' % (key, number) for number in range(5)]
        for each in keys:
            ops('upload', each, b'x')
        assert ops('delete_many', iter(keys)) == 5
        assert list(ops('list', key)) == []

    def test_delete_many_of_nothing(self, ops):
        assert ops('delete_many', []) == 0

    def test_list_describes_objects(self, ops, key):
        ops('upload', key, b'12345')
        entry, = ops('list', key)
        assert sorted(entry) == [
            'etag', 'key', 'last_modified', 'size', 'storage_class']
        assert (entry['key'], entry['size']) == (key, 5)
        assert entry['etag'] == hashlib.md5(b'12345').hexdigest()
        assert entry['last_modified'].utcoffset() == datetime.timedelta(0)

    def test_list_with_delimiter_gives_prefixes(self, ops, key):
        for name in ('/a', '/sub/b', '/sub/c'):
            ops('upload', key + name, b'x')
        found = list(ops('list', key + '/', delimiter='/'))
        assert [entry['key'] for entry in found] == [key + '/a',
                                                     key + '/sub/']
        assert found[1]['size'] is None

    def test_list_start_after(self, ops, key):
        for name in 'abc':
            ops('upload', key + name, b'x')
        found = ops('list', key, start_after=key + 'a')
        assert [entry['key'][-1] for entry in found] == ['b', 'c']

    def test_list_of_a_missing_bucket(self, ops):
        with pytest.raises(tinys3.NotFound) as caught:
            list(ops('list', '', 'no-such-bucket-%s' % uuid.uuid4().hex))
        assert caught.value.code == 'NoSuchBucket'

    def test_upload_options_become_headers(self, ops, server, key):
        needs(server, 'object headers')
        ops('upload', key, b'x', expires=3600, content_type='text/x-mine',
            headers={'Content-Disposition': 'inline'})
        headers = ops('head', key).headers
        assert headers['cache-control'] == 'max-age=3600'
        assert headers['content-type'] == 'text/x-mine'
        assert headers['content-disposition'] == 'inline'

    def test_metadata_round_trips(self, ops, key):
        ops('upload', key, b'x', metadata={'Made-By': 'me', 'n': '1'})
        assert ops('head', key).metadata == {'made-by': 'me', 'n': '1'}

    def test_upload_only_if_new(self, ops, server, key):
        needs(server, 'conditional put')
        ops('upload', key, b'1', headers={'If-None-Match': '*'})
        with pytest.raises(tinys3.PreconditionFailed):
            ops('upload', key, b'2', headers={'If-None-Match': '*'})
        assert ops('get', key).content == b'1'

    def test_copy_within_the_bucket(self, ops, key, shared_bucket):
        etag = ops('upload', key, b'copied', metadata={'a': '1'}).etag
        response = ops('copy', key, shared_bucket, key + '-2')
        assert response.etag == etag
        copied = ops('get', key + '-2')
        assert (copied.content, copied.metadata) == (b'copied', {'a': '1'})

    def test_copy_merges_metadata(self, ops, server, key, shared_bucket):
        needs(server, 'object headers')
        ops('upload', key, b'x', content_type='text/x-mine',
            metadata={'keep': '1', 'drop': '2', 'Cache-Control': 'no-store'})
        ops('copy', key, shared_bucket, key + '-2',
            metadata={'drop': None, 'new': '3', 'Cache-Control': 'private'})
        response = ops('head', key + '-2')
        assert response.metadata == {'keep': '1', 'new': '3'}
        assert response.headers['content-type'] == 'text/x-mine'
        assert response.headers['cache-control'] == 'private'

    def test_copy_of_a_missing_key(self, ops, key, shared_bucket):
        with pytest.raises(tinys3.NotFound):
            ops('copy', key, shared_bucket, key + '-2')

    def test_update_metadata_keeps_the_rest(self, ops, server, key):
        needs(server, 'object headers')
        ops('upload', key, b'x', expires=60, content_type='text/x-mine',
            metadata={'keep': '1', 'drop': '2'})
        ops('update_metadata', key, {'drop': None, 'new': '3'})
        response = ops('head', key)
        assert response.metadata == {'keep': '1', 'new': '3'}
        assert response.headers['content-type'] == 'text/x-mine'
        assert response.headers['cache-control'] == 'max-age=60'

    def test_update_metadata_keeps_tags(self, ops, key):
        ops('upload', key, b'x', headers={'x-amz-tagging': 'a=1'})
        ops('update_metadata', key, {'new': '3'})
        tags = ops('request', 'GET', key, query={'tagging': ''}).text
        assert '<Key>a</Key><Value>1</Value>' in re.sub(r'\s', '', tags)

    def test_update_metadata_sets_the_storage_class(self, ops, server, key):
        needs(server, 'storage class')
        ops('upload', key, b'x', metadata={'keep': '1'})
        ops('update_metadata', key, {'x-amz-storage-class': 'STANDARD_IA'})
        response = ops('head', key)
        assert response.headers['x-amz-storage-class'] == 'STANDARD_IA'
        assert response.metadata == {'keep': '1'}

    def test_update_metadata_keeps_the_acl(self, ops, server, key):
        needs(server, 'acl')
        ops('upload', key, b'x', public=True)
        ops('update_metadata', key, {'new': '3'})
        acl = ops('request', 'GET', key, query={'acl': ''}).text
        assert 'AllUsers' in acl

    def test_update_metadata_makes_private(self, ops, key):
        ops('upload', key, b'x', metadata={'keep': '1'})
        assert ops('update_metadata', key, public=False).status_code == 200
        response = ops('head', key)
        assert response.metadata == {'keep': '1'}

    def test_public_is_a_canned_acl(self, ops, server, key):
        needs(server, 'acl')
        ops('upload', key, b'x', public=True)
        assert 'AllUsers' in ops('request', 'GET', key,
                                 query={'acl': ''}).text
        ops('update_metadata', key, public=False)
        assert 'AllUsers' not in ops('request', 'GET', key,
                                     query={'acl': ''}).text

    def test_upload_is_private_unless_public(self, ops, server, key):
        needs(server, 'acl')
        ops('upload', key, b'x')
        assert 'AllUsers' not in ops('request', 'GET', key,
                                     query={'acl': ''}).text

    def test_request_makes_other_calls(self, ops, key):
        ops('upload', key, b'x')
        ops('request', 'PUT', key, query={'tagging': None}, body=(
            '<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag>'
            '</TagSet></Tagging>'))
        assert '<Value>v</Value>' in ops(
            'request', 'GET', key, query={'tagging': ''}).text

    def test_buckets(self, ops, shared_bucket):
        name = 'tinys3-%s' % uuid.uuid4().hex
        ops('create_bucket', name)
        assert ops('head_bucket', name).status_code == 200
        found = {each['name']: each['creation_date']
                 for each in ops('list_buckets')}
        assert found[name].utcoffset() == datetime.timedelta(0)
        ops('delete_bucket', name)
        with pytest.raises(tinys3.NotFound):
            ops('head_bucket', name)


class TestConnection(OnConnection, Operations):
    """The operations on a Connection."""


class TestPool(OnPool, Operations):
    """The operations on a Pool."""


class Versions(object):
    """What a bucket that keeps versions can do."""

    @pytest.fixture
    def ops(self, server, bucket):
        """Operations on a bucket with versions, where `old` is older."""
        needs(server, 'versions')
        with self.client(server, bucket) as made:
            def ops(name, *args, **more):
                return self.outcome(getattr(made, name)(*args, **more))
            ops('upload', 'old', b'')
            ops('request', 'PUT', query={'versioning': ''}, body=(
                '<VersioningConfiguration><Status>Enabled</Status>'
                '</VersioningConfiguration>'))
            yield ops
            for entry in list(ops('list_versions')):
                ops('delete', entry['key'], version_id=entry['version_id'])

    def test_versions_are_listed_with_their_markers(self, ops):
        key = 'k +%&<\u00e4'
        first, second = (ops('upload', key, data) for data in (b'1', b'22'))
        gone = ops('delete', key)
        assert gone.headers['x-amz-delete-marker'] == 'true'
        entries = {entry.pop('version_id'): entry
                   for entry in ops('list_versions', 'k')}
        assert {version: [entry[name] for name in (
            'key', 'size', 'etag', 'is_latest', 'is_delete_marker')]
                for version, entry in entries.items()} == {
            first.version_id: [key, 1, first.etag, False, False],
            second.version_id: [key, 2, second.etag, False, False],
            gone.version_id: [key, None, None, True, True]}
        for entry in entries.values():
            assert entry['last_modified'].utcoffset() == datetime.timedelta(0)

    def test_what_is_older_than_versioning_is_null(self, ops):
        entry, = ops('list_versions', 'old')
        assert (entry['version_id'], entry['is_latest']) == ('null', True)
        new = ops('upload', 'old', b'new').version_id
        assert [entry['is_latest'] for entry in ops('list_versions')
                if entry['version_id'] == 'null'] == [False]
        assert ops('get', 'old', version_id='null').content == b''
        assert ops('get', 'old').version_id == new

    def test_a_version_is_read_copied_and_deleted(self, ops, bucket, path):
        first = ops('upload', 'k', HUGE[1:]).version_id
        ops('upload', 'k', b'later')
        one = {'version_id': first}
        assert ops('get', 'k', byte_range=(0, 9), **one).content == HUGE[1:11]
        assert ops('head', 'k', **one).headers['content-length'] == str(
            len(HUGE) - 1)
        ops('copy', 'k', bucket, 'copy', **one)
        assert ops('get', 'copy').content == HUGE[1:]
        assert ops('download', 'k', path, **one).version_id == first
        assert path.read_bytes() == HUGE[1:]
        assert ops('delete', 'k', **one).version_id == first
        with pytest.raises(tinys3.NotFound):
            ops('get', 'k', **one)
        assert ops('get', 'k').content == b'later'

    def test_a_deleted_key_comes_back_with_its_marker_gone(self, ops):
        gone = ops('delete', 'old')
        with pytest.raises(tinys3.NotFound):
            ops('get', 'old')
        with pytest.raises(tinys3.NotFound):
            ops('head', 'old', version_id=gone.version_id)
        ops('delete', 'old', version_id=gone.version_id)
        assert ops('get', 'old').content == b''


class TestConnectionVersions(OnConnection, Versions):
    """Versions on a Connection."""


class TestPoolVersions(OnPool, Versions):
    """Versions on a Pool."""


def round_trip(conn, bucket, key):
    """Take a key through upload, list, copy, get, presign, delete_many."""
    data = key.encode('utf-8')
    conn.upload(key, data, bucket)
    assert [entry['key'] for entry in conn.list('', bucket)] == [key]
    assert conn.get(key, bucket).content == data
    conn.copy(key, bucket, 'copy of ' + key, bucket)
    assert conn.get('copy of ' + key, bucket).content == data
    url = conn.presign(key, bucket)
    with contextlib.closing(raw_get(url)) as found:
        assert found.read() == data
    assert conn.delete_many([key, 'copy of ' + key], bucket) == 2
    assert list(conn.list('', bucket)) == []


def raw_get(url):
    """Fetch a URL as it is: urllib would tidy its path up."""
    import http.client
    scheme, _, rest = url.partition('://')
    host, slash, path = rest.partition('/')
    connection = http.client.HTTPConnection(host, timeout=30)
    connection.request('GET', slash + path, headers={'Connection': 'close'})
    response = connection.getresponse()
    connection.close()
    assert response.status == 200, response.read()
    return response


@each('odd', ODD_KEYS)
def test_odd_keys_round_trip(server, bucket, odd):
    with connect(server) as conn:
        round_trip(conn, bucket, odd)


@each('odd', SLASHED_KEYS)
def test_slashes_and_dots_round_trip(server, bucket, odd):
    needs(server, 'odd keys')
    with connect(server) as conn:
        round_trip(conn, bucket, odd)


@each('odd', ['tab\there', 'line\nbreak', 'cr\rhere'])
def test_line_breaks_round_trip(server, bucket, odd):
    needs(server, 'line breaks')
    with connect(server) as conn:
        round_trip(conn, bucket, odd)


def test_backslash_round_trips(server, bucket):
    needs(server, 'backslashes')
    with connect(server) as conn:
        round_trip(conn, bucket, 'back\\slash')


def test_longest_key_round_trips(server, bucket):
    key = '/'.join(['é' * 100] * 5) + '/' + 'x' * 19
    assert len(key.encode('utf-8')) == 1024
    with connect(server, default_bucket=bucket) as conn:
        conn.upload(key, b'x')
        assert conn.get(key).content == b'x'
        assert key in [entry['key'] for entry in conn.list()]


def test_wrong_secret_is_access_denied(server, shared_bucket):
    needs(server, 'check signatures')
    wrong = server._replace(secret='x' * 40)
    with connect(wrong) as conn, pytest.raises(tinys3.AccessDenied) as caught:
        conn.get('key', shared_bucket)
    assert caught.value.code == 'SignatureDoesNotMatch'
    assert 'secret key' in str(caught.value)


def test_unknown_access_key_is_access_denied(server, shared_bucket):
    needs(server, 'check signatures')
    wrong = server._replace(access='NOBODYKNOWSTHISKEY00')
    with connect(wrong) as conn, pytest.raises(tinys3.AccessDenied) as caught:
        conn.get('key', shared_bucket)
    assert caught.value.code == 'InvalidAccessKeyId'


def test_listing_goes_on_page_after_page(server, bucket):
    with connect(server, default_bucket=bucket) as conn:
        for number in range(7):
            conn.upload('a b+%d' % number, b'')
        whole = conn._walk(conn._listing(bucket, 'ListBucketResult', {
            'list-type': '2', 'encoding-type': 'url', 'max-keys': '3'}))
        assert [entry['key'] for entry in whole] == [
            'a b+%d' % number for number in range(7)]


def test_the_last_page_of_many_is_tried_as_often_as_the_first():
    pages = [answer(body=(
        '<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>'
        'k%d</NextKeyMarker></ListVersionsResult>' % number).encode())
        for number in range(6)]
    last = answer(body=b'<ListVersionsResult/>')
    with talk(*pages + [error_answer(500, 'InternalError'), last]) as (
            conn, script):
        assert list(conn.list_versions()) == []
    assert len(script.requests) == 8


def test_a_thousand_and_one_keys_are_deleted_in_two_requests():
    page = answer(body=b'<DeleteResult/>')
    with Script(page, page) as script:
        keys = ['k%d' % number for number in range(1001)]
        assert scripted(script).delete_many(keys) == 1001
        assert [asked.body.count(b'<Key>') for asked in script.requests] == [
            1000, 1]
        assert all(asked.headers['content-md5'] == base64.b64encode(
            hashlib.md5(asked.body).digest()).decode()
            for asked in script.requests)


@each('lenient, sent', [(True, 'content-md5'),
                        (False, 'x-amz-checksum-crc32')])
def test_where_fips_forbids_md5_another_checksum_will_do(
        lenient, sent, monkeypatch):
    md5 = hashlib.md5

    def forbidden(*data, usedforsecurity=True):
        if usedforsecurity or not lenient:
            raise ValueError('disabled for FIPS')
        return md5(*data)
    monkeypatch.setattr(hashlib, 'md5', forbidden)
    asked = only_request(lambda conn: conn.delete_many(['k']),
                         answer(body=b'<DeleteResult/>'))
    assert [name for name in asked.headers
            if 'md5' in name or 'checksum' in name] == [sent]


def test_no_checksum_of_a_completion_is_taken_for_that_of_its_object(
        monkeypatch):
    monkeypatch.setattr(hashlib, 'md5', None)       # as FIPS forbids it
    with talk(answer(body=b'<ListPartsResult/>'), answer(
            body=b'<CompleteMultipartUploadResult/>')) as (conn, script):
        tinys3.MultipartUpload(conn, None, 'k', 'id').complete_upload()
        assert checksums(script.requests[1]) == []


def test_delete_many_reports_each_failure():
    page = answer(body=(
        b'<DeleteResult><Error><Key>b</Key><Code>AccessDenied</Code>'
        b'<Message>No.</Message></Error></DeleteResult>'))
    with Script(page) as script, pytest.raises(tinys3.BatchError) as caught:
        scripted(script).delete_many(['a', 'b', 'c'])
    assert caught.value.deleted == ['a', 'c']
    assert isinstance(caught.value.errors['b'], tinys3.AccessDenied)
    assert pickle.loads(pickle.dumps(caught.value)).deleted == ['a', 'c']


def refusal(*pairs):
    return answer(body=('<DeleteResult>%s</DeleteResult>' % ''.join(
        '<Error><Key>%s</Key><Code>%s</Code></Error>' % pair
        for pair in pairs)).encode())


def test_what_a_deletion_refuses_in_passing_is_sent_again():
    with talk(refusal(('a', 'SlowDown'), ('b', 'InternalError')),
              refusal(('b', 'InternalError')), refusal()) as (conn, script):
        assert conn.delete_many(['a', 'b', 'c']) == 3
        assert len(conn.naps) == 2
    sent = [re.findall(b'<Key>(.)</Key>', asked.body)
            for asked in script.requests]
    assert sent == [[b'a', b'b', b'c'], [b'a', b'b'], [b'b']]


def test_what_a_deletion_refuses_for_ever_is_told():
    with talk(*[refusal(('a', 'SlowDown'), ('b', 'AccessDenied'))] * 2,
              retry=2) as (conn, script):
        with pytest.raises(tinys3.BatchError) as caught:
            conn.delete_many(['a', 'b', 'c'])
    assert sorted(caught.value.errors) == ['a', 'b']
    assert caught.value.deleted == ['c']
    assert len(script.requests) == 2


def test_no_key_is_called_deleted_for_its_twin():
    """XML makes a line end of both."""
    keys = ['a\r\nb', 'a\nb', 'ok']
    with talk(refusal(('a&#10;b', 'AccessDenied'))) as (conn, _):
        with pytest.raises(tinys3.BatchError) as caught:
            conn.delete_many(keys)
    assert sorted(caught.value.errors) == ['a\nb', 'a\r\nb']
    assert caught.value.deleted == ['ok']


def test_a_deletion_without_credentials_is_no_batch_error():
    def none():
        raise tinys3.CredentialsError('there are none')
    with talk(credentials=none) as (conn, _):
        with pytest.raises(tinys3.CredentialsError):
            conn.delete_many(['a', 'b'])


def test_delete_many_tries_all_batches():
    keys = ['k%d' % number for number in range(1500)]
    with Script(error_answer(403, 'AccessDenied'),
                answer(body=b'<DeleteResult/>')) as script:
        with pytest.raises(tinys3.BatchError) as caught:
            scripted(script).delete_many(keys)
    assert len(caught.value.errors) == 1000
    assert caught.value.deleted == keys[1000:]


def test_delete_many_refused_whole_is_that_error_for_each_key():
    with Script(error_answer(404, 'NoSuchBucket')) as script:
        with pytest.raises(tinys3.BatchError, match='NoSuchBucket') as caught:
            scripted(script).delete_many(['a', 'b'])
    assert [type(error) for error in caught.value.errors.values()] == [
        tinys3.NotFound] * 2


def test_delete_many_tries_single_keys_though_the_others_failed():
    with Script(error_answer(403, 'AccessDenied'),
                answer(204, length=False)) as script:
        with pytest.raises(tinys3.BatchError) as caught:
            scripted(script).delete_many(['a', 'b\x01'])
    assert (list(caught.value.errors), caught.value.deleted) == (
        ['a'], ['b\x01'])


def test_delete_many_tries_the_rest_when_a_batch_was_not_answered():
    keys = ['k%d' % number for number in range(2500)]
    done = answer(body=b'<DeleteResult/>')
    with Script(done, None, None, done) as script:
        with pytest.raises(tinys3.BatchError) as caught:
            scripted(script, retry=1).delete_many(iter(keys))
    assert sorted(caught.value.errors) == sorted(keys[1000:2000])
    assert caught.value.deleted == keys[:1000] + keys[2000:]


@each('busy', [
    error_answer(503, 'SlowDown'), answer(body=(
        b'<DeleteResult><Error><Key>k1000</Key><Code>InternalError</Code>'
        b'</Error></DeleteResult>'))], ids=['all', 'a key'])
def test_delete_many_tries_again_when_the_service_answers_again(busy):
    keys = ['k%d' % number for number in range(2000)]
    with Script(None, None, busy, answer(body=b'<DeleteResult/>')) as script:
        with pytest.raises(tinys3.BatchError) as caught:
            scripted(script, retry=2).delete_many(keys)
    assert sorted(caught.value.errors) == sorted(keys[:1000])


def test_delete_many_tries_once_where_nobody_answers():
    keys = ['k%d' % number for number in range(4500)]
    with Script(answer(body=b'<DeleteResult/>')) as script:
        with pytest.raises(tinys3.BatchError) as caught:
            scripted(script, retry=2).delete_many(iter(keys))
        assert len(script.requests) == 1 + 1 + 2 + 3    # one is free
    assert sorted(caught.value.errors) == sorted(keys[1000:])
    assert caught.value.deleted == keys[:1000]


@each('said', ['a\nb', 'a\r\nb'])
def test_delete_many_knows_a_key_whose_line_end_was_changed(said):
    page = answer(body=(
        '<DeleteResult><Error><Key>%s</Key><Code>AccessDenied</Code></Error>'
        '</DeleteResult>' % said).encode())
    with Script(page) as script, pytest.raises(tinys3.BatchError) as caught:
        scripted(script).delete_many(['a\rb', 'c'])
    assert (list(caught.value.errors), caught.value.deleted) == (
        ['a\rb'], ['c'])


def test_delete_many_counts_nothing_as_deleted_if_an_error_names_no_key():
    page = answer(body=b'<DeleteResult><Error><Code>AccessDenied</Code>'
                       b'</Error></DeleteResult>')
    with Script(page) as script, pytest.raises(tinys3.BatchError) as caught:
        scripted(script).delete_many(['a', 'b'])
    assert caught.value.deleted == []


def test_delete_many_falls_back_to_single_deletes():
    gone = answer(204, length=False)
    with Script(error_answer(501, 'NotImplemented'), gone, gone) as script:
        assert scripted(script).delete_many(['a', 'b']) == 2
        assert [asked.method for asked in script.requests] == [
            'POST', 'DELETE', 'DELETE']


def test_keys_that_xml_cannot_say_are_deleted_alone():
    with Script(answer(body=b'<DeleteResult/>'),
                answer(204, length=False)) as script:
        assert scripted(script).delete_many(['a\x01', 'b\r\n<&>']) == 2
        first, second = script.requests
        assert b'<Key>b&#13;&#10;&lt;&amp;&gt;</Key>' in first.body
        assert second.target == '/bucket/a%01'


ONE_KEY = (
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    '%s<Contents><Key>%s</Key><LastModified>2013-05-24T00:00:00.000Z'
    '</LastModified><ETag>&quot;abc&quot;</ETag><Size>1</Size></Contents>'
    '</ListBucketResult>')


def listing(key, more=''):
    return answer(body=(ONE_KEY % (more, key)).encode('utf-8'))


@each('echo, raw, key', [
    ('<EncodingType>url</EncodingType>', 'a+b', 'a b'),
    ('<EncodingType>url</EncodingType>', 'a%2Bb', 'a+b'),
    ('<EncodingType>url</EncodingType>', 'a%252Bb', 'a%2Bb'),
    ('', 'a+b', 'a+b'), ('', 'a%2Bb', 'a%2Bb'),
])
def test_keys_are_decoded_only_if_the_server_encoded_them(echo, raw, key):
    with Script(listing(raw, echo)) as script:
        entry, = scripted(script).list()
    assert entry['key'] == key


def test_list_falls_back_to_version_1_and_remembers():
    more = '<IsTruncated>true</IsTruncated><Marker></Marker>'
    with Script(error_answer(501, 'NotImplemented'), listing('k1', more),
                listing('k2'), listing('k3')) as script:
        conn = scripted(script)
        assert [each['key'] for each in conn.list('k')] == ['k1', 'k2']
        assert [each['key'] for each in conn.list('k')] == ['k3']
        targets = [asked.target for asked in script.requests]
    assert 'list-type=2' in targets[0]
    assert not any('list-type' in target for target in targets[1:])
    assert 'marker=k1' in targets[2]


def test_a_listing_that_has_begun_goes_on_as_it_began():
    more = ('<IsTruncated>true</IsTruncated><NextContinuationToken>next'
            '</NextContinuationToken>')
    with talk(listing('k1', more), error_answer(501, 'NotImplemented'),
              listing('odd'), listing('k2')) as (conn, script):
        keys = conn.list()
        assert next(keys)['key'] == 'k1'
        assert [each['key'] for each in conn.list('odd')] == ['odd']
        assert [each['key'] for each in keys] == ['k2']
    assert 'list-type=2' in script.requests[3].target
    assert 'continuation-token=next' in script.requests[3].target


@each('token', [
    '', '<NextContinuationToken>same</NextContinuationToken>'])
def test_listing_that_runs_in_circles_is_an_error(token):
    page = listing('k', '<IsTruncated>true</IsTruncated>' + token)
    with Script(page, page, page) as script:
        with pytest.raises(tinys3.TransportError) as caught:
            list(scripted(script).list())
    assert 'goes on' in str(caught.value)


@each('page, word, requests', [
    ('<IsTruncated>true</IsTruncated>', 'goes on', 1),
    ('<IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker>'
     '<NextVersionIdMarker>v</NextVersionIdMarker>', 'goes on', 2),
    ('<Version><Key>k</Key></Version>', "lacks something: .*VersionId", 1),
    ('<DeleteMarker><VersionId>v</VersionId></DeleteMarker>', 'lacks', 1)])
def test_a_broken_listing_of_versions_is_an_error(page, word, requests):
    page = answer(body=('<ListVersionsResult>%s</ListVersionsResult>'
                        % page).encode())
    with talk(page, page, page) as (conn, script):
        with pytest.raises(tinys3.TransportError, match=word):
            list(conn.list_versions())
        assert len(script.requests) == requests


def test_empty_page_of_a_cut_listing_is_no_end():
    empty = answer(body=(
        b'<ListBucketResult><IsTruncated>true</IsTruncated>'
        b'<NextContinuationToken>t</NextContinuationToken>'
        b'</ListBucketResult>'))
    with Script(empty, listing('k')) as script:
        assert len(list(scripted(script).list())) == 1


def test_list_is_lazy():
    with Script() as script:
        scripted(script).list('prefix')
        assert script.requests == []


class Crowd(object):
    """Answers of a Script that note how many come at once: the first
    `slow`, when all are there, that they should slow down."""

    def __init__(self, slow):
        self.gate, self.lock = threading.Barrier(slow), threading.Lock()
        self.slow, self.flying, self.seen = slow, 0, []

    def __call__(self, sock, asked):
        with self.lock:
            self.flying += 1
            self.seen.append(self.flying)
            early = len(self.seen) <= self.slow
        self.gate.wait(10) if early else threading.Event().wait(0.02)
        with self.lock:
            self.flying -= 1
        sock.sendall(error_answer(503, 'SlowDown') if early else answer())
        return True


def test_fewer_go_at_once_after_slow_down():
    crowd = Crowd(8)
    with Script(*[crowd] * 60) as script:
        conn = scripted(script)
        with concurrent.futures.ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda number: conn.get('k'), range(40)))
        conn.close()
    after = crowd.seen[8:]
    assert len(after) == 40 and max(crowd.seen) == 8
    for number, flying in enumerate(after):     # one more with each success
        assert flying <= 4 + number
    assert max(after[-10:]) > 4


def test_a_throttle_holds_nobody_for_long(monkeypatch):
    waits = []

    def wait_for(condition, true, timeout):
        waits.append((bool(true()), timeout))
    monkeypatch.setattr(threading.Condition, 'wait_for', wait_for)
    with talk(error_answer(503, 'SlowDown'), answer(), answer()) as (conn, _):
        conn.get('k')           # alone: half of one is one
        assert waits == [(True, 5.0)]
        conn.get('k')
        assert len(waits) == 1


def test_a_throttle_lets_one_through_for_each_that_ends():
    budget, most = tinys3._Budget(), []
    budget.limit, budget._most = 1, 100
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-7)

    def run(number):
        with pytest.raises(ValueError), budget:
            most.append(len(budget.flying))
            time.sleep(0.001)
            raise ValueError
    try:
        with concurrent.futures.ThreadPoolExecutor(16) as threads:
            list(threads.map(run, range(200)))
    finally:
        sys.setswitchinterval(interval)
    assert max(most) == 1 and not budget.flying


def test_a_throttle_ends_where_all_answers_are_no():
    with talk(*[error_answer(503, 'SlowDown')] + [
            error_answer(404, 'NoSuchKey')] * 3) as (conn, _):
        conn._budget.flying += [None] * 3
        for _ in range(3):
            assert not conn.exists('key')
        assert conn._budget.limit == 0


def test_conditional_conflict_is_precondition_failed_at_last():
    with Script(*[error_answer(409, 'ConditionalRequestConflict')] * 2
                ) as script:
        with pytest.raises(tinys3.PreconditionFailed):
            scripted(script, retry=2).upload(
                'k', b'', headers={'If-None-Match': '*'})
    assert len(script.requests) == 2


def test_update_metadata_is_guarded_by_the_etag():
    head = answer(headers={'ETag': '"abc"', 'Content-Type': 'a/b'})
    with Script(head, error_answer(403, 'AccessDenied'), answer(
            body=b'<CopyObjectResult/>')) as script:
        scripted(script).update_metadata('k', {'a': '1'})
        sent = script.requests[2].headers
    assert sent['x-amz-copy-source-if-match'] == '"abc"'
    assert sent['x-amz-metadata-directive'] == 'REPLACE'
    assert sent['x-amz-copy-source'] == '/bucket/k'


def test_update_metadata_carries_grants_over():
    acl = answer(body=(
        b'<AccessControlPolicy><Owner><ID>me</ID></Owner><AccessControlList>'
        b'<Grant><Grantee><ID>me</ID></Grantee><Permission>FULL_CONTROL'
        b'</Permission></Grant><Grant><Grantee><URI>http://all</URI>'
        b'</Grantee><Permission>READ_ACP</Permission></Grant>'
        b'</AccessControlList></AccessControlPolicy>'))
    with Script(answer(), acl, answer(body=b'<CopyObjectResult/>')) as script:
        scripted(script).update_metadata('k', {'a': '1'})
        sent = script.requests[2].headers
    assert sent['x-amz-grant-full-control'] == 'id="me"'
    assert sent['x-amz-grant-read-acp'] == 'uri="http://all"'


def test_update_metadata_keeps_what_s3_would_not_copy():
    kept = {'x-amz-storage-class': 'GLACIER_IR',
            'x-amz-server-side-encryption': 'aws:kms',
            'x-amz-server-side-encryption-aws-kms-key-id': 'arn:k',
            'x-amz-website-redirect-location': '/x', 'Expires': 'soon',
            'x-amz-object-lock-mode': 'GOVERNANCE',
            'x-amz-object-lock-retain-until-date': '2099-01-01T00:00:00Z',
            'x-amz-object-lock-legal-hold': 'ON',
            'Content-Disposition': 'inline', 'Content-Language': 'de',
            'Content-Encoding': 'gzip', 'Content-Type': 'a/b'}
    with Script(answer(headers=kept), error_answer(501, 'NotImplemented'),
                answer(body=b'<CopyObjectResult/>')) as script:
        scripted(script, retry=1).update_metadata('k', {'a': '1'})
        sent = script.requests[2].headers
    assert {name: sent[name.lower()] for name in kept} == kept


@each('until, kept', [('2013-05-23T00:00:00.000Z', None),
                      ('2013-05-25T00:00:00.000Z', 'GOVERNANCE')])
def test_update_metadata_keeps_no_lock_that_has_expired(until, kept):
    lock = {'x-amz-object-lock-mode': 'GOVERNANCE',
            'x-amz-object-lock-retain-until-date': until,
            'x-amz-object-lock-legal-hold': 'ON',
            'Date': 'Fri, 24 May 2013 00:00:00 GMT'}
    with Script(answer(headers=lock), error_answer(501, 'NotImplemented'),
                answer(body=b'<CopyObjectResult/>')) as script:
        scripted(script, retry=1).update_metadata('k', {'a': '1'})
        sent = script.requests[2].headers
    assert sent.get('x-amz-object-lock-mode') == kept
    assert sent.get('x-amz-object-lock-retain-until-date') == (kept and until)
    assert sent['x-amz-object-lock-legal-hold'] == 'ON'


def test_update_metadata_of_a_customer_key_names_it_for_the_source():
    sse = {'x-amz-server-side-encryption-customer-key': 'S0VZ'}
    with Script(answer(), error_answer(501, 'NotImplemented'),
                answer(body=b'<CopyObjectResult/>')) as script:
        scripted(script).update_metadata('k', {'a': '1'}, headers=sse)
        sent = script.requests[2].headers
    name = 'server-side-encryption-customer-key'
    assert sent['x-amz-' + name] == 'S0VZ'
    assert sent['x-amz-copy-source-' + name] == 'S0VZ'


def test_update_metadata_private_where_there_are_no_acls():
    with Script(error_answer(400, 'AccessControlListNotSupported'),
                answer()) as script:
        response = scripted(script).update_metadata('k', public=False)
    assert response.status_code == 200


def test_public_where_there_are_no_acls_says_what_to_do():
    with Script(error_answer(400, 'AccessControlListNotSupported')) as script:
        with pytest.raises(tinys3.ResponseError) as caught:
            scripted(script).upload('k', b'', public=True)
    assert 'bucket policy' in str(caught.value)


def test_copy_of_a_version_and_an_odd_key():
    with Script(answer(body=b'<CopyObjectResult/>')) as script:
        scripted(script).copy('a?b %/c', 'from', 'k', 'to-', version_id='v+1')
        asked, = script.requests
    assert asked.headers['x-amz-copy-source'] == (
        '/from/a%3Fb%20%25/c?versionId=v%2B1')
    assert asked.target == '/to-/k'


def test_copy_with_tags_replaces_them():
    with Script(answer(body=b'<CopyObjectResult/>')) as script:
        scripted(script).copy('a', 'from', 'k', metadata={
            'x-amz-tagging': 'a=1'})
        sent = script.requests[0].headers
    assert sent['x-amz-tagging-directive'] == 'REPLACE'
    assert 'x-amz-metadata-directive' not in sent


def test_connection_headers_go_with_every_request():
    payer = {'x-amz-request-payer': 'requester'}
    with Script(answer(), listing('k')) as script:
        conn = scripted(script, headers=payer)
        conn.head('k')
        list(conn.list())
        assert all(asked.headers['x-amz-request-payer'] == 'requester'
                   for asked in script.requests)
        assert 'x-amz-request-payer=requester' in conn.presign('k')
        assert conn.presign_post('k')['fields'][
            'x-amz-request-payer'] == 'requester'


def test_no_customer_key_of_a_connection_is_in_what_is_signed_in_advance():
    name = 'x-amz-server-side-encryption-customer-key'
    conn = tinys3.Connection(ACCESS, SECRET, 'bucket', headers={name: 'MINE'})
    assert 'MINE' not in conn.presign('k')
    assert name not in conn.presign_post('k')['fields']


@each('region, body', [
    ('us-east-1', b''), ('auto', b''),
    ('eu-west-1', b'<LocationConstraint>eu-west-1</LocationConstraint>')])
def test_bucket_is_created_where_the_connection_is(region, body):
    with Script(answer()) as script:
        scripted(script, region=region).create_bucket('new-bucket')
        asked, = script.requests
    assert body in asked.body and bool(body) == bool(asked.body)


@each('lost', [True, False])
def test_a_bucket_whose_creation_was_not_answered_is_looked_up(lost):
    taken = error_answer(409, 'BucketAlreadyOwnedByYou')
    with Script(*[None] * lost, taken, answer()) as script:
        conn = scripted(script, region='eu-west-1')
        if lost:
            assert conn.create_bucket('new-bucket').status_code == 200
        else:
            with pytest.raises(tinys3.ResponseError):
                conn.create_bucket('new-bucket')
    assert [asked.method for asked in script.requests] == (
        ['PUT', 'PUT', 'HEAD'] if lost else ['PUT'])


def test_crc32_goes_with_an_unsigned_body_over_tls(certificates):
    with Script(answer(), tls=certificates.good) as script:
        with scripted(script, integrity='crc32',
                      ca_bundle=certificates.ca) as conn:
            conn.upload('k', b'123456789')
        sent = script.requests[0].headers
    assert sent['x-amz-content-sha256'] == 'UNSIGNED-PAYLOAD'
    assert sent['x-amz-checksum-crc32'] == base64.b64encode(
        b'\xcb\xf4\x39\x26').decode()


def test_checksum_of_the_caller_is_left_alone(certificates):
    with Script(answer(), tls=certificates.good) as script:
        with scripted(script, integrity='crc32',
                      ca_bundle=certificates.ca) as conn:
            conn.upload('k', b'1', headers={'x-amz-checksum-sha1': 'mine'})
        sent = script.requests[0].headers
    assert 'x-amz-checksum-crc32' not in sent


@each('stored, right', [
    ({'x-amz-checksum-crc32': 'y/Q5Jg=='}, True),
    ({'x-amz-checksum-crc32': 'AAAAAA=='}, False),
    ({'x-amz-checksum-crc32': 'AAAAAA==-2'}, True),
    ({'x-amz-checksum-crc32': 'AAAAAA==',
      'x-amz-checksum-type': 'COMPOSITE'}, True),
    ({'x-amz-checksum-sha256': 'AAAA'}, False),
    ({'x-amz-checksum-crc64nvme': 'AAAA'}, True),
])
def test_stored_checksums_are_verified(stored, right):
    with Script(*[answer(body=b'123456789', headers=stored)] * 2) as script:
        conn = scripted(script, retry=2)
        if right:
            assert conn.get('k').content == b'123456789'
        else:
            with pytest.raises(tinys3.IntegrityError):
                conn.get('k')


def test_part_of_an_object_is_not_measured_by_the_checksum_of_another():
    headers = {'x-amz-checksum-crc32': 'AAAAAA==',
               'Content-Range': 'bytes 0-2/9'}
    with Script(answer(206, b'123', headers)) as script:
        conn = scripted(script)
        assert conn.get('k', byte_range=(0, 2)).content == b'123'


def test_leading_slash_is_told_once(caplog):
    with Script(answer(), answer()) as script:
        conn = scripted(script)
        conn.head('/k')
        conn.head('/k')
        assert script.requests[0].target == '/bucket//k'
    told = [each for each in caplog.records if 'leading' in each.message]
    assert [each.levelname for each in told] == ['WARNING']


def test_every_example_of_the_contract_runs(server):
    """The calls of tinys3 0.1, with real keys, files and buckets."""
    with new_bucket(server) as mine, new_bucket(server) as other:
        conn = tinys3.Connection(
            server.access, server.secret, default_bucket=mine,
            endpoint=server.endpoint, region=server.region)
        f = io.BytesIO(b'zipped')
        conn.upload('some_file.zip', f, mine)
        conn.upload('some_file.zip', f)
        conn.upload('key.zip', f, bucket=mine, expires=3600)
        conn.upload('key.zip', f, bucket=mine, expires='max')
        conn.upload('key.zip', f, bucket=mine,
                    expires=datetime.timedelta(days=1))
        conn.upload('key.zip', f, bucket=mine,
                    content_type='application/zip')
        storage = {'x-amz-storage-class': 'STANDARD_IA'}
        if server.name == 'juicefs':        # it knows STANDARD alone
            storage = {'x-amz-storage-class': 'STANDARD'}
        conn.upload('key.zip', f, bucket=mine, headers=storage)
        conn.upload('key.zip', f, mine, public=True, rewind=True, close=False)
        assert conn.get('key.zip', mine).content == b'zipped'
        conn.copy('key.zip', mine, 'target_key.jpg', other)
        conn.copy('key.zip', mine, 'target_key.jpg')
        conn.copy('key.zip', mine, 't.jpg', other, metadata=storage)
        conn.copy('key.zip', mine, 't.jpg', other, public=False)
        conn.update_metadata('key.zip', storage, mine)
        conn.update_metadata('key.zip', bucket=mine, public=False)
        conn.delete('key.zip', mine)
        assert [sorted(entry) for entry in conn.list('some', mine)] == [
            ['etag', 'key', 'last_modified', 'size', 'storage_class']]
        conn.head_object('some_file.zip', mine)
        conn.head_bucket(mine)
        conn.close()
        pool = tinys3.Pool(
            server.access, server.secret, default_bucket=mine, size=25,
            endpoint=server.endpoint, region=server.region)
        future = pool.delete('key', mine)
        assert repr(future.result(timeout=120)) in (
            '<Response [200]>', '<Response [204]>')
        assert future.done()
        futures = [pool.upload(name, b'x') for name in 'ab']
        assert [each.key for each in pool.all_completed(
            futures, timeout=None)] == ['a', 'b']
        futures = [pool.delete(name) for name in 'ab']
        assert len(list(pool.as_completed(futures, timeout=None))) == 2
        pool.close()
    assert tinys3.Conn is tinys3.Connection


def test_contract_without_an_endpoint():
    conn = tinys3.Connection(ACCESS, SECRET, tls=True)
    assert conn.presign('k', 'my-bucket').startswith(
        'https://my-bucket.s3.us-east-1.amazonaws.com/k?')
    conn = tinys3.Connection(ACCESS, SECRET, default='my-bucket',
                             endpoint='s3-us-west-2.amazonaws.com')
    assert conn.presign('k').startswith(
        'https://my-bucket.s3-us-west-2.amazonaws.com/k?')


# ---------------------------------------------------------------------------
# Forms: uploads by browsers
# ---------------------------------------------------------------------------

def write_form(fields, name, data):
    """Write a form as a browser does: its media type and its bytes."""
    parts = [('"%s"' % field, value.encode())
             for field, value in fields.items()]
    parts.append(('"file"; filename="%s"' % name, data))
    return 'multipart/form-data; boundary=xYzZY', b''.join(
        b'--xYzZY\r\nContent-Disposition: form-data; name=%s\r\n\r\n%s\r\n'
        % (field.encode(), value) for field, value in parts) + (
            b'--xYzZY--\r\n')


def read_form(kind, body):
    """Return the fields before the file, the file's name and its bytes."""
    fields, boundary = {}, b'\r\n--' + kind.partition('=')[2].encode()
    for part in (b'\r\n' + body).split(boundary)[1:-1]:
        head, _, data = part.partition(b'\r\n\r\n')
        said = dict(re.findall(r' (\w+)="(.*?)"', head.decode()))
        if 'filename' in said:
            return fields, said['filename'], data
        fields[said['name']] = data.decode()


def wrong_form(fields, size, secret=SECRET):
    """Check a form: an independent reading of the manual ("POST policy",
    "Authenticating requests in browser-based uploads")."""
    key = b'AWS4' + secret.encode()
    for word in fields['x-amz-credential'].split('/')[1:]:
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    if fields['x-amz-signature'] != hmac.new(
            key, fields['policy'].encode(), hashlib.sha256).hexdigest():
        return 'wrong signature'
    policy = json.loads(base64.b64decode(fields['policy']).decode('ascii'))
    if policy['expiration'] < time.strftime(
            '%Y-%m-%dT%H:%M:%SZ', time.gmtime()):
        return 'expired'
    sent = dict(((name.lower(), fields[name]) for name in fields),
                bucket='bucket')
    unsaid = set(sent) - {'policy', 'x-amz-signature'}
    for condition in policy['conditions']:
        if isinstance(condition, dict):
            condition, = (['eq', '$' + name, value]
                          for name, value in condition.items())
        how, name, value = condition
        if how == 'content-length-range':
            if not name <= size <= value:
                return 'size'
            continue
        unsaid.discard(name[1:].lower())
        found = sent.get(name[1:].lower(), '')
        if not (found.startswith(value) if how == 'starts-with'
                else found == value):
            return name
    return 'unsaid: %s' % unsaid if unsaid else None


class Forms(object):
    """A script's answers: those of an S3 to forms, and a page with one."""

    def __init__(self):
        self.files, self.page, self.thanked = {}, b'', threading.Event()

    def __call__(self, sock, asked):
        if asked.method == 'GET':
            if asked.target.startswith('/thanks'):
                self.thanked.set()
            sock.sendall(answer(body=self.page, headers={
                'Content-Type': 'text/html; charset=utf-8'}))
            return True
        fields, name, data = read_form(
            asked.headers['content-type'], asked.body)
        fault = wrong_form(fields, len(data))
        if not fault:
            key = fields['key'].replace('${filename}', name)
            self.files[key] = data, fields.get('Content-Type')
        there = fields.get('success_action_redirect')
        sock.sendall(error_answer(403, 'AccessDenied', fault) if fault
                     else answer(303, headers={'Location': there}) if there
                     else answer(204))
        return True


@pytest.fixture(params=['the manual', 'the server'])
def forms(request):
    """Lend a Connection to what takes forms, and what finds a file there:
    its bytes and media type, or None."""
    if request.param == 'the manual':
        forms = Forms()
        with talk(*[forms] * 9) as (conn, _):
            yield conn, forms.files.get
        return
    conn = request.getfixturevalue('conn')

    def find(key):
        if not conn.exists(key):
            return None
        found = conn.get(key)
        return found.content, found.headers['content-type']
    yield conn, find


def post(form, name, data):
    """Send a form over a socket; return the status of the answer."""
    kind, body = write_form(form['fields'], name, data)
    asked = urllib.request.Request(form['url'], body, {'Content-Type': kind})
    try:
        with contextlib.closing(urllib.request.urlopen(
                asked, timeout=30)) as reply:
            return reply.getcode()
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_a_form_uploads_a_file(forms, key):
    conn, find = forms
    form = conn.presign_post(key + '/${filename}', max_size=9, fields={
        'Content-Type': 'image/png'}, expires=datetime.timedelta(1))
    assert post(form, 'c\u00e4t.png', b'\r\n--nine\0') == 204
    assert find(key + '/c\u00e4t.png') == (b'\r\n--nine\0', 'image/png')


def test_a_condition_frees_the_field_it_is_about(forms, key):
    conn, find = forms
    form = conn.presign_post(key, fields={'Content-Type': 'image/png'},
                             conditions=[
                                 ['starts-with', '$Content-Type', 'image/']])
    form['fields']['Content-Type'] = 'image/jpeg'
    assert post(form, 'x', b'') == 204 and find(key) == (b'', 'image/jpeg')


@each('field, value', [
    ('Content-Type', 'text/html'), ('key', 'else'), (None, None),
    ('x-amz-signature', '0' * 64), ('policy', 'e30='), ('x-amz-meta-a', 'b'),
    ('x-amz-credential', 'AKIDEXAMPLE/20130524/eu-west-1/s3/aws4_request')])
def test_a_form_that_was_changed_is_refused(forms, server, key, field, value):
    conn, find = forms
    if conn.default_bucket != 'bucket':
        needs(server, 'check signatures')
    form = conn.presign_post(key + '${filename}', max_size=9,
                             fields={'Content-Type': 'image/png'})
    if field:
        form['fields'][field] = value
    assert post(form, '', b'nine char' if field else b'ten chars.') in (
        400, 403)
    assert find(key) is None and find('else') is None


def browser():
    """Return the command of a browser without a window, or skip."""
    for name in 'chromium', 'chromium-browser', 'google-chrome':
        if shutil.which(name):
            return [shutil.which(name), '--headless', '--disable-gpu',
                    '--disable-dev-shm-usage', '--no-first-run'] + (
                        ['--no-sandbox'] * (getattr(os, 'getuid', int)() == 0))
    pytest.skip('no browser: neither chromium nor google-chrome')


FORM_PAGE = """<!DOCTYPE html><form method="post" enctype="multipart/form-data"
action="%s">%s<input type="file" name="file"></form><script>
var files = new DataTransfer(), form = document.forms[0];
files.items.add(new File(['m\u00e9ow\\r\\n'], 'c\u00e4t "1".txt'));
form.elements.file.files = files.files;
form.submit();
</script>"""


def test_a_browser_uploads_by_a_form(forms, key, tmp_path):
    """A page of one site has a form of another, as with S3."""
    import html
    (conn, find), site = forms, Forms()
    with Script(*[site] * 9) as script:
        form = conn.presign_post(key, max_size=99, fields={
            'Content-Type': 'text/plain',
            'success_action_redirect': script.endpoint + '/thanks'})
        site.page = (FORM_PAGE % (html.escape(form['url']), ''.join(
            '<input type="hidden" name="%s" value="%s">' % (
                name, html.escape(value))
            for name, value in form['fields'].items()))).encode()
        process = subprocess.Popen(
            browser() + ['--user-data-dir=%s' % tmp_path, script.endpoint],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            assert site.thanked.wait(60)
        finally:
            process.kill()
            process.wait()
    assert find(key) == ('m\u00e9ow\r\n'.encode(), 'text/plain')


# ---------------------------------------------------------------------------
# Finding the way: regions, clocks, services
# ---------------------------------------------------------------------------

class Relay(object):
    """A transport that brings to a script whatever the host is that it is
    meant for; `hosts` has those."""

    def __init__(self, transport, port):
        self._transport, self._port, self.hosts = transport, port, []

    def send(self, method, address, *more):
        self.hosts.append(address.host)
        return self._transport.send(method, address._replace(
            scheme='http', host='127.0.0.1', port=self._port), *more)

    def __getattr__(self, name):
        return getattr(self._transport, name)


def region_of(asked):
    """Return the region that a request is signed for."""
    return asked.headers['authorization'].split('/')[2]


@contextlib.contextmanager
def relayed(*answers, **more):
    """Lend a Connection to AWS, or any host, whose requests go to a script,
    the script, and a function that tells where they were to go."""
    options = dict(endpoint=None, retry=1)
    options.update(more)
    with talk(*answers, **options) as (conn, script):
        conn._transport = Relay(conn._transport, script.port)

        def route():
            return ['%s %s %s' % (asked.method, host, region_of(asked))
                    for asked, host in zip(
                        script.requests, conn._transport.hosts)]
        yield conn, script, route


def on_aws(method, region):
    return '%s bucket.s3.%s.amazonaws.com %s' % (method, region, region)


def stated(region='eu-west-1'):
    return {'x-amz-bucket-region': region}


def malformed(region='eu-west-1'):
    return error_answer(400, 'AuthorizationHeaderMalformed',
                        more='<Region>%s</Region>' % region)


EU = 'eu-west-1'
DETOUR = [on_aws('GET', 'us-east-1'), on_aws('GET', EU)]


# -- regions

@each('no', [
    error_answer(301, 'PermanentRedirect', headers=stated()),
    error_answer(307, 'TemporaryRedirect', headers=stated()),
    error_answer(400, 'IllegalLocationConstraintException', headers=stated()),
    error_answer(400, 'AuthorizationHeaderMalformed', headers=stated()),
    malformed()])
def test_a_bucket_elsewhere_is_asked_in_its_region(no):
    with relayed(no, answer(body=b'x')) as (conn, _, route):
        assert conn.get('k').content == b'x'
        assert (route(), conn.naps) == (DETOUR, [])


@each('status', [301, 307, 400])
def test_a_head_without_body_tells_the_region_by_a_header(status):
    with relayed(answer(status, headers=stated()), answer()) as (
            conn, _, route):
        assert conn.head('k').ok
        assert route() == [on_aws('HEAD', 'us-east-1'), on_aws('HEAD', EU)]


@each('status', [200, 301, 400, 403])
def test_where_the_answer_names_no_region_the_bucket_is_asked(status):
    with relayed(error_answer(301, 'PermanentRedirect'),
                 answer(status, headers=stated()), answer(body=b'x')) as (
            conn, script, route):
        assert conn.get('k').content == b'x'
        assert script.requests[1].target == '/'
        assert route() == [DETOUR[0], on_aws('HEAD', 'us-east-1'), DETOUR[1]]


@each('asked', [answer(404), answer(200), None])
def test_where_nobody_knows_the_region_the_answer_is_the_error(asked):
    with relayed(error_answer(301, 'PermanentRedirect'), asked) as (
            conn, _, route):
        with pytest.raises(tinys3.ResponseError, match='PermanentRedirect'):
            conn.get('k')
        assert set(route()) == {DETOUR[0], on_aws('HEAD', 'us-east-1')}


def test_the_region_of_a_bucket_is_remembered():
    with relayed(malformed(), *[answer()] * 3) as (conn, _, route):
        conn.get('k')
        conn.get('k')
        conn.get('k', 'other-bucket')
        assert route()[2:] == [DETOUR[1], on_aws('GET', 'us-east-1').replace(
            'bucket', 'other-bucket')]


def test_a_presigned_url_goes_to_the_region_that_is_remembered():
    with relayed(malformed(), answer()) as (conn, _, _):
        conn.get('k')
        url = conn.presign('k')
    assert url.startswith('https://bucket.s3.eu-west-1.amazonaws.com/k?')
    assert '%2Feu-west-1%2Fs3%2F' in url


def test_a_detour_leaves_all_attempts():
    with relayed(malformed(), error_answer(503, 'SlowDown'), answer(),
                 retry=2) as (conn, _, route):
        assert conn.get('k').ok
        assert (len(route()), len(conn.naps)) == (3, 1)


def test_the_detour_is_told_once(caplog):
    with relayed(malformed(), *[answer()] * 2) as (conn, _, _):
        conn.get('k')
        conn.get('k')
    assert caplog.text.count('bucket is in region eu-west-1') == 1


@each('region', ['evil.com/', 'EU West', 'evil.com', '@evil', 'a' * 33,
                 'us-east-1', 'cn-north-1', 'us-iso-east-1'])
@each('no', [
    lambda region: error_answer(301, 'Moved', headers=stated(region)),
    malformed])
def test_no_other_region_is_gone_to_and_the_error_names_it(no, region):
    with relayed(no(region), answer()) as (conn, script, _):
        with pytest.raises(tinys3.ResponseError, match=re.escape(region)):
            conn.get('k')
        assert len(script.requests) == 1


@each('more, headers', [
    ('<Endpoint>evil.example</Endpoint>', {}),
    ('', {'Location': 'https://evil.example/bucket/k'})])
def test_another_host_is_not_followed_and_the_error_names_it(more, headers):
    with talk(error_answer(307, 'TemporaryRedirect', '', more, headers)) as (
            conn, script):
        with pytest.raises(tinys3.ResponseError, match='evil.example'):
            conn.get('k')
        assert len(script.requests) == 1


def test_two_regions_that_send_us_to_each_other_do_not_loop():
    with relayed(*[malformed(EU), malformed('us-east-1')] * 9) as (
            conn, _, route):
        with pytest.raises(tinys3.ResponseError, match='us-east-1'):
            conn.get('k')
        assert route() == DETOUR


def test_requests_under_way_together_find_the_region_together():
    gate = threading.Barrier(8)

    def where(sock, asked):
        if region_of(asked) == EU:
            sock.sendall(answer())
        else:
            gate.wait(10)
            sock.sendall(malformed())
        return True
    with relayed(*[where] * 16) as (conn, _, route):
        with concurrent.futures.ThreadPoolExecutor(8) as threads:
            assert all(threads.map(conn.get, 'abcdefgh'))
        assert len(route()) == 16


@each('make', [bytes, io.BytesIO, OnlyRead])
def test_a_body_goes_whole_to_the_other_region(make):
    data = os.urandom(100000)
    with relayed(error_answer(307, 'TemporaryRedirect', headers=stated()),
                 answer()) as (conn, script, _):
        conn.upload('k', make(data))
        assert [asked.body for asked in script.requests] == [data] * 2


def test_an_upload_in_parts_goes_to_the_other_region():
    parts = Parts()
    with relayed(malformed(), *[parts] * 9, part_size=PART) as (
            conn, _, route):
        conn.upload('k', HUGE)
        assert set(route()[1:]) == {on_aws('POST', EU), on_aws('PUT', EU)}
    assert b''.join(body for _, body in sorted(parts.bodies.items())) == HUGE


def test_a_copy_is_signed_for_the_region_it_goes_to():
    done = answer(body=b'<CopyObjectResult/>')
    with relayed(malformed(), answer(), done, done) as (conn, _, route):
        conn.get('k')               # bucket is elsewhere, others are here
        conn.copy('k', 'bucket', 'k', 'other')
        conn.copy('k', 'other', 'k', 'bucket')
        assert route()[2:] == [
            on_aws('PUT', 'us-east-1').replace('bucket', 'other'),
            on_aws('PUT', EU)]


def test_a_custom_endpoint_may_state_the_region():
    with talk(malformed('garage'), answer(), retry=1) as (conn, script):
        conn.get('k')
        assert [region_of(each) for each in script.requests] == [
            'us-east-1', 'garage']


@each('no', [answer(301), answer(400), malformed('')])
def test_a_custom_endpoint_that_states_no_region_is_not_asked(no):
    with talk(no) as (conn, script):
        with pytest.raises(tinys3.ResponseError):
            conn.head('k')
        assert len(script.requests) == 1


def test_a_bucket_is_not_created_elsewhere_than_said():
    with relayed(error_answer(
            400, 'IllegalLocationConstraintException', headers=stated()),
            region='us-west-2') as (conn, script, _):
        with pytest.raises(tinys3.ResponseError, match='IllegalLocation'):
            conn.create_bucket('bucket')
        assert len(script.requests) == 1


def test_an_access_point_stays_in_the_region_of_its_arn():
    with relayed(malformed('eu-west-2')) as (conn, script, _):
        with pytest.raises(tinys3.ResponseError):
            conn.get('k', POINT)
        assert len(script.requests) == 1


# -- clocks

def dated(seconds, raw=None):
    """Write a Date some seconds after NOW."""
    return {'Date': raw or email.utils.formatdate(
        NOW + seconds, usegmt=True)}


def skewed(seconds, code='RequestTimeTooSkewed'):
    return error_answer(403, code, headers=dated(seconds))


@contextlib.contextmanager
def at_midnight(*answers):
    """Lend a Connection whose clock stands at NOW, and a function that
    tells the times at which its requests were signed."""
    with talk(*answers, retry=1) as (conn, script):
        conn._clock = lambda: NOW
        yield conn, lambda: [asked.headers['x-amz-date'][9:15]
                             for asked in script.requests]


@each('seconds, time', [(300, '000500'), (-300, '235500'), (90000, '010000')])
@each('call, no', [
    (lambda conn: conn.get('k'), lambda s: skewed(s)),
    (lambda conn: conn.get('k'), lambda s: skewed(s, 'AccessDenied')),
    (lambda conn: conn.upload('k', b'x'), lambda s: skewed(s)),
    (lambda conn: conn.head('k'), lambda s: answer(403, headers=dated(s))),
    (lambda conn: conn.head('k'), lambda s: answer(400, headers=dated(s)))])
def test_the_clock_of_the_server_counts(call, no, seconds, time):
    with at_midnight(no(seconds), answer()) as (conn, times):
        call(conn)
        assert (times(), conn.naps) == (['000000', time], [])


def test_the_clock_of_the_server_is_remembered():
    with at_midnight(skewed(300), answer(), answer()) as (conn, times):
        conn.get('k')
        conn.get('k')
        assert times() == ['000000', '000500', '000500']
        assert 'X-Amz-Date=20130524T000500Z' in conn.presign('k')


def test_requests_under_way_together_set_the_clock_together():
    gate = threading.Barrier(8)

    def tell(sock, asked):
        if asked.headers['x-amz-date'].endswith('T000500Z'):
            sock.sendall(answer())
        else:
            gate.wait(10)
            sock.sendall(answer(403, headers=dated(300)))
        return True
    with at_midnight(*[tell] * 16) as (conn, times):
        with concurrent.futures.ThreadPoolExecutor(8) as threads:
            assert all(threads.map(conn.head, 'abcdefgh'))


@each('headers', [dated(0), dated(239), dated(-239), dated(0, 'yesterday'),
                  dated(0, 'Fri, 99 May 2013 99:00:00 GMT'), {}])
def test_a_clock_that_is_right_or_unknown_changes_nothing(headers):
    with at_midnight(answer(403, headers=headers)) as (conn, times):
        with pytest.raises(tinys3.AccessDenied):
            conn.head('k')
        assert times() == ['000000']
        assert 'X-Amz-Date=20130524T000000Z' in conn.presign('k')


def test_a_slow_upload_is_signed_anew_though_the_clock_is_right():
    with at_midnight(skewed(0), answer()) as (conn, times):
        assert conn.upload('k', b'x').ok
        assert len(times()) == 2


def test_the_clock_is_set_once_for_a_request():
    with at_midnight(*[skewed(300), skewed(900)] * 9) as (conn, times):
        with pytest.raises(tinys3.AccessDenied, match='clock'):
            conn.get('k')
        assert len(times()) == 2


# -- credentials that the server calls too old

def new_keys(tokens, pause):
    """Return a provider of keys with one session token after the other,
    which takes its time."""
    left = collections.deque(tokens)

    def provide():
        threading.Event().wait(pause)
        return tinys3.Credentials(ACCESS, SECRET, left.popleft())
    return provide


def renewing(script, *tokens, pause=0):
    """Make a Connection to a script with keys of a provider."""
    conn = tinys3.Connection(
        endpoint=script.endpoint, region='us-east-1', retry=1, timeout=10,
        default_bucket='bucket', credentials=new_keys(tokens, pause))
    script.clients.append(conn)
    return conn


@each('code', ['ExpiredToken', 'ExpiredTokenException', 'InvalidToken',
               'TokenRefreshRequired'])
def test_keys_that_are_refused_as_old_are_fetched_again(code):
    with Script(error_answer(400, code), answer(), answer()) as script:
        conn = renewing(script, 'old', 'new')
        conn.upload('k', b'data')
        conn.get('k')
    assert [(asked.headers['x-amz-security-token'], asked.body)
            for asked in script.requests] == [
                ('old', b'data'), ('new', b'data'), ('new', b'')]


def test_keys_are_fetched_again_once_for_a_request():
    with Script(*[error_answer(400, 'ExpiredToken')] * 9) as script:
        with pytest.raises(tinys3.ResponseError, match='ExpiredToken'):
            renewing(script, 'a', 'b', 'c').get('k')
    assert len(script.requests) == 2


def test_explicit_keys_that_are_too_old_are_the_error_at_once():
    with talk(error_answer(400, 'ExpiredToken'), session_token='t') as (
            conn, script):
        with pytest.raises(tinys3.ResponseError, match='new credentials'):
            conn.get('k')
        assert len(script.requests) == 1


def test_many_threads_fetch_refused_keys_once():
    gate = threading.Barrier(32)

    def judge(sock, asked):
        if asked.headers['x-amz-security-token'] == 'old':
            gate.wait(10)
            sock.sendall(error_answer(400, 'ExpiredToken'))
        else:
            sock.sendall(answer())
        return True
    with Script(*[judge] * 64) as script:
        conn = renewing(script, 'old', 'new', 'newer', pause=0.2)
        with concurrent.futures.ThreadPoolExecutor(32) as threads:
            assert len(list(threads.map(conn.get, ['k'] * 32))) == 32
    assert {asked.headers['x-amz-security-token']
            for asked in script.requests} == {'old', 'new'}


# -- checksums that the server does not know

def unknown(kind, asked):
    """Answer a request as a server does that knows no checksums."""
    if any(re.match('x-amz-(checksum|mp-object)', name)
           for name in asked.headers):
        return error_answer(501, 'NotImplemented')
    return None


def checksums(asked):
    return [name for name in asked.headers if 'checksum' in name]


@pytest.fixture
def checking(certificates):
    """Options of a Connection that sends checksums over TLS."""
    return dict(integrity='crc32', retry=1, ca_bundle=certificates.ca,
                server_tls=certificates.good)


def test_a_checksum_the_server_does_not_know_is_left_out(checking):
    with talk(error_answer(501, 'NotImplemented'), answer(), answer(),
              **checking) as (conn, script):
        conn.upload('k', b'data')
        conn.upload('k', b'data')
        first, second, third = script.requests
    assert checksums(first) == ['x-amz-checksum-crc32']
    assert checksums(second) + checksums(third) == []
    assert (second.headers['x-amz-content-sha256']
            == third.headers['x-amz-content-sha256']
            == hashlib.sha256(b'data').hexdigest())


def test_an_upload_in_parts_leaves_unknown_checksums_out(checking):
    with in_parts(unknown, **checking) as (conn, parts):
        conn.upload('k', HUGE)
        conn.upload('k', HUGE)
    assert {kind: len(told) for kind, told in parts.told.items() if told} == {
        'create': 3, 'part': 8, 'complete': 2}
    assert b'Checksum' not in parts.told['complete'][0].body


@each('refused', ['part', 'complete'])
def test_checksums_may_be_unknown_for_parts_or_completion(checking, refused):
    with in_parts(lambda kind, asked: unknown(kind, asked)
                  if kind == refused else None, part_threads=1,
                  **checking) as (conn, parts):
        conn.upload('k', HUGE)
    asked = parts.told[refused]
    assert [bool(checksums(each)) for each in asked] == (
        [True] + [False] * (len(asked) - 1))
    assert b''.join(body for _, body in sorted(parts.bodies.items())) == HUGE


def test_what_is_refused_for_another_reason_keeps_its_checksum(checking):
    with talk(*[error_answer(501, 'NotImplemented')] * 2, answer(),
              **checking) as (conn, script):
        with pytest.raises(tinys3.ResponseError, match='NotImplemented'):
            conn.upload('k', b'data', headers={'x-amz-storage-class': 'X'})
        conn.upload('k', b'data')
        assert checksums(script.requests[2]) == ['x-amz-checksum-crc32']


def test_a_checksum_of_the_user_is_never_left_out(checking):
    with talk(error_answer(501, 'NotImplemented'), **checking) as (
            conn, script):
        with pytest.raises(tinys3.ResponseError, match='NotImplemented'):
            conn.upload('k', b'', headers={'x-amz-checksum-sha1': 'mine'})
        assert len(script.requests) == 1


def test_an_algorithm_of_the_user_is_never_left_out():
    with in_parts(unknown) as (conn, parts):
        with pytest.raises(tinys3.ResponseError, match='NotImplemented'):
            conn.upload('k', HUGE, headers={
                'x-amz-checksum-algorithm': 'SHA256'})
    assert len(parts.told['create']) == 1


@each('call', [lambda conn: conn.get('k'), lambda conn: conn.delete('k'),
               lambda conn: conn.upload('k', b'')])
def test_what_the_server_cannot_is_the_error_at_once(call):
    with talk(error_answer(501, 'NotImplemented')) as (conn, script):
        with pytest.raises(tinys3.ResponseError, match='does not offer'):
            call(conn)
        assert len(script.requests) == 1


NO_MD5 = error_answer(400, 'InvalidRequest', 'Content-MD5 OR x-amz-checksum- '
                      'HTTP header is required for Put Object requests with '
                      'Object Lock parameters')


def test_a_bucket_with_object_lock_gets_the_md5_it_demands():
    with talk(NO_MD5, answer(), retry=1) as (conn, script):
        conn.upload('k', b'data')
        first, second = script.requests
    assert 'content-md5' not in first.headers and second.headers[
        'content-md5'] == base64.b64encode(CHECKSUMS['md5']).decode()


def test_parts_get_the_md5_that_object_lock_demands():
    with in_parts(lambda kind, asked: NO_MD5 if kind == 'part' and
                  'content-md5' not in asked.headers else None) as (
            conn, parts):
        conn.upload('k', HUGE)
    assert numbers_of(parts) == [1, 2, 3, 4]


def test_an_md5_that_is_still_not_right_is_the_error():
    with talk(*[NO_MD5] * 9) as (conn, script):
        with pytest.raises(tinys3.ResponseError, match='Object Lock'):
            conn.upload('k', b'data')
        assert len(script.requests) == 2


# -- services with ways of their own

R2, GOOGLE = '1a.r2.cloudflarestorage.com', 'storage.googleapis.com'


def sizes_at(endpoint, count, size=None, **more):
    """Return the sizes of so many parts, of a stream if size is None."""
    return list(itertools.islice(tinys3.Connection(
        ACCESS, SECRET, endpoint=endpoint, **more)._sizes(size), count))


@each('endpoint, integrity, name', [
    (None, 'auto', 'crc32'), (None, 'sha256', 'sha256'),
    ('http://s3.amazonaws.com', 'auto', 'sha256'), (GOOGLE, 'crc32', 'crc32'),
    (GOOGLE, 'auto', ''), (R2, 'auto', ''), (R2, 'sha256', '')])
def test_an_upload_has_the_checksum_that_suits_the_service(
        endpoint, integrity, name):
    with relayed(answer(), endpoint=endpoint, integrity=integrity) as (
            conn, script, _):
        conn.upload('k', b'data')
    asked, = script.requests
    assert checksums(asked) == ['x-amz-checksum-' + name] * bool(name)
    assert (asked.headers['x-amz-content-sha256'] == 'UNSIGNED-PAYLOAD') is (
        name == 'crc32')


@each('endpoint, call, mode', [
    (None, lambda conn: conn.get('k'), 'ENABLED'),
    (None, lambda conn: conn.get('k', stream=True).close(), 'ENABLED'),
    (None, lambda conn: conn.download('k', io.BytesIO()), 'ENABLED'),
    (None, lambda conn: conn.get('k', byte_range=(0, 9)), None),
    (R2, lambda conn: conn.get('k'), None)])
def test_aws_is_asked_for_the_checksum_of_a_whole_object(endpoint, call, mode):
    with relayed(answer(), endpoint=endpoint) as (conn, script, _):
        call(conn)
    assert script.requests[0].headers.get('x-amz-checksum-mode') == mode


@each('host, told', [('files.example', 1), ('files.example:9000', 1),
                     ('localhost', 0), ('127.0.0.1:9000', 0), ('[::1]', 0)])
def test_keys_without_tls_are_told_once_unless_they_stay_here(
        host, told, caplog):
    with relayed(answer(), answer(), endpoint='http://' + host) as (
            conn, _, _):
        conn.get('k')
        conn.get('k')
    assert caplog.text.count('without TLS') == told


@each('endpoint, equal', [
    (R2, True), ('1a.eu.r2.cloudflarestorage.com', True),
    (R2 + '.evil.example', False), (None, False)])
def test_parts_are_equal_where_they_have_to_be(endpoint, equal):
    sizes = sizes_at(endpoint, 10000)
    assert (len(sizes), len(set(sizes)) == 1) == (10000, equal)


def test_too_many_equal_parts_are_refused():
    with pytest.raises(ValueError, match='raise part_size'):
        sizes_at(R2, 10001)


def test_a_thousand_parts_are_enough_at_scaleway():
    host = 's3.fr-par.scw.cloud'
    assert sizes_at(host, 1, 10 ** 12)[0] * 1000 >= 10 ** 12
    assert sum(sizes_at(host, 1000)) > 8 * 10 ** 11
    with pytest.raises(ValueError, match='1,000 parts'):
        sizes_at(host, 1001)


@each('mine, least', [(5, 64), (100, 100)])
def test_parts_have_64_mib_at_storj(mine, least):
    assert sizes_at('gateway.storjshare.io', 1, part_size=mine << 20) == [
        least << 20]


@each('call', [lambda conn: conn.get('k').content,
               lambda conn: conn.get('k', stream=True).read()])
def test_google_gives_what_is_zipped_as_it_is_stored(call):
    stored = gzipped(b'text')
    with relayed(answer(body=stored, headers={'Content-Encoding': 'gzip'}),
                 endpoint=GOOGLE, region=None) as (conn, script, route):
        assert call(conn) == stored
        assert route() == ['GET storage.googleapis.com auto']
    sent = script.requests[0].headers
    assert sent['accept-encoding'] == 'gzip'
    assert 'accept-encoding' not in sent['authorization']


def test_a_zipped_listing_of_google_is_read():
    page = ONE_KEY % ('', 'a')
    with relayed(answer(body=gzipped(page.encode()), headers={
            'Content-Encoding': 'gzip'}), endpoint=GOOGLE) as (conn, _, _):
        assert [entry['key'] for entry in conn.list()] == ['a']


@each('endpoint', [
    's3.us-south.cloud-object-storage.appdomain.cloud',
    'obs.cn-north-4.myhuaweicloud.com', 'cos.ap-guangzhou.myqcloud.com',
    'nos-eastchina1.126.net'])
def test_old_listings_are_asked_for_at_once(endpoint):
    with relayed(listing('k'), answer(body=b'<ListVersionsResult/>'),
                 endpoint=endpoint) as (conn, script, _):
        assert [entry['key'] for entry in conn.list()] == ['k']
        assert list(conn.list_versions()) == []
        assert 'list-type' not in script.requests[0].target
        assert {'encoding-type' in asked.target for asked in script.requests
                } == {'huawei' not in endpoint}


# -- access points

POINT = 'arn:aws:s3:eu-west-1:123456789012:accesspoint/my-point'


@each('front, arn, host', table('''
    s3                aws:s3:eu-west-1  s3-accesspoint.eu-west-1.=
    s3-fips           aws:s3:us-east-2  s3-accesspoint-fips.us-east-2.=
    s3.dualstack      aws:s3:eu-west-1  s3-accesspoint.dualstack.eu-west-1.=
    s3-fips.dualstack aws:s3:us-e-1     s3-accesspoint-fips.dualstack.us-e-1.=
    s3                aws-cn:s3:cn-north-1 s3-accesspoint.cn-north-1.=.cn'''))
def test_an_access_point_has_a_host_of_its_own(front, arn, host):
    url, region = place('k', 'arn:%s:123456789012:accesspoint/my-point' % arn,
                        endpoint=front + '.amazonaws.com')
    assert url == 'https://my-point-123456789012.%s/k' % host.replace(
        '=', 'amazonaws.com')
    assert region == arn.split(':')[2]


@each('arn', [POINT, POINT.replace('/my', ':my')])
def test_an_access_point_is_asked_in_its_region(arn):
    with relayed(answer(body=b'x')) as (conn, script, route):
        conn.get('k', arn)
        assert route() == ['GET my-point-123456789012.s3-accesspoint.'
                           'eu-west-1.amazonaws.com eu-west-1']
        assert script.requests[0].target == '/k'


@each('style', ['auto', 'virtual', 'path'])
def test_addressing_does_not_concern_access_points(style):
    assert place('k', POINT, addressing=style)[0].startswith(
        'https://my-point-123456789012.')


def test_an_object_is_copied_from_an_access_point():
    with relayed(answer(body=b'<CopyObjectResult/>')) as (conn, script, _):
        conn.copy('a b', POINT, 'k', 'bucket')
    assert urllib.parse.unquote(
        script.requests[0].headers['x-amz-copy-source']) == (
            POINT + '/object/a b')


@each('bucket, name', [
    ('name--use1-az4--x-s3', 'S3 Express'),
    ('arn:aws:s3-outposts:eu-west-1:123456789012:outpost/op-1/accesspoint/a',
     'Outposts'),
    ('arn:aws:s3-object-lambda:eu-west-1:123456789012:accesspoint/a',
     'Object Lambda'),
    ('arn:aws:s3::123456789012:accesspoint/a1b2c3.mrap', 'multi-region')])
@each('call', [lambda conn, bucket: conn.get('k', bucket),
               lambda conn, bucket: conn.presign('k', bucket),
               lambda conn, bucket: conn.copy('k', bucket, 'k', 'bucket')])
def test_what_is_not_supported_is_refused_by_name(call, bucket, name):
    with relayed() as (conn, script, _):
        with pytest.raises(ValueError, match=name):
            call(conn, bucket)
        assert script.connections == 0


@each('endpoint', ['https://host', 's3-accelerate.amazonaws.com',
                   'bucket.vpce-1a-2b.s3.us-east-1.vpce.amazonaws.com'])
def test_an_access_point_needs_an_ordinary_endpoint_of_aws(endpoint):
    with relayed(endpoint=endpoint) as (conn, script, _):
        with pytest.raises(ValueError, match='access point'):
            conn.get('k', POINT)
        assert script.connections == 0


# -- FIPS, both stacks, acceleration; what a profile says of them

FIPS, DUAL = 'AWS_USE_FIPS_ENDPOINT', 'AWS_USE_DUALSTACK_ENDPOINT'


@each('variables, profile, front', [
    ({}, b'', 's3.us-east-1'),
    ({FIPS: 'true'}, b'', 's3-fips.us-east-1'),
    ({FIPS: 'True'}, b'', 's3-fips.us-east-1'),
    ({DUAL: 'true'}, b'', 's3.dualstack.us-east-1'),
    ({FIPS: 'true', DUAL: 'true'}, b'', 's3-fips.dualstack.us-east-1'),
    ({}, b'use_fips_endpoint = true', 's3-fips.us-east-1'),
    ({}, b'use_dualstack_endpoint = true', 's3.dualstack.us-east-1'),
    ({FIPS: 'false'}, b'use_fips_endpoint = true', 's3.us-east-1'),
    ({}, b's3 =\n  use_dualstack_endpoint = true', 's3.dualstack.us-east-1'),
    ({}, b's3 =\n  use_accelerate_endpoint = true', 's3-accelerate'),
    ({DUAL: 'true'}, b's3 =\n  use_accelerate_endpoint=true',
     's3-accelerate.dualstack'),
    ({}, b's3 =\n  max_queue_size = 9\n  use_accelerate_endpoint = false\n'
         b'region = eu-west-1', 's3.eu-west-1')])
def test_hosts_of_aws_have_what_is_switched_on(
        variables, profile, front, monkeypatch, shared_files):
    shared_files(b'[default]\n' + profile)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert place()[0] == 'https://bucket.%s.amazonaws.com/k' % front


@each('style, argument, host', [
    ('path', 'auto', 's3.us-east-1.amazonaws.com'),
    ('virtual', 'auto', 'bucket.s3.us-east-1.amazonaws.com'),
    ('path', 'virtual', 'bucket.s3.us-east-1.amazonaws.com'),
    ('virtual', 'path', 's3.us-east-1.amazonaws.com')])
def test_addressing_may_come_from_the_profile(
        style, argument, host, shared_files):
    shared_files(b'[default]\ns3 =\n    addressing_style = '
                 + style.encode() + b'\n')
    assert place(addressing=argument)[0].split('/')[2] == host


SERVICES = b'''[profile p]
services = mine
endpoint_url = http://all
[services mine]
sts =
  endpoint_url = http://sts
%s
'''


@each('block, url', [(b's3 =\n  endpoint_url = http://s3', 'http://s3'),
                     (b's3 =\n  max_attempts = 1', 'http://all'),
                     (b'', 'http://all')])
def test_a_profile_may_name_the_endpoint_of_each_service(
        block, url, shared_files):
    shared_files(SERVICES % block)
    assert place(profile='p')[0] == url + '/bucket/k'


def test_nothing_said_is_nothing_chosen(monkeypatch):
    monkeypatch.setenv('AWS_ENDPOINT_URL', 'http://variable')
    monkeypatch.setenv('AWS_REGION', 'eu-west-1')
    conn = tinys3.Connection(ACCESS, SECRET, endpoint='', region='')
    assert conn.presign('k', 'bucket').startswith('http://variable/')
    assert 'eu-west-1' in conn.presign('k', 'bucket')


@each('name', ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3'])
def test_a_variable_wins_over_the_services_of_a_profile(
        name, monkeypatch, shared_files):
    shared_files(SERVICES % b's3 =\n  endpoint_url = http://s3')
    monkeypatch.setenv(name, 'http://variable')
    assert place(profile='p')[0] == 'http://variable/bucket/k'


@each('value, host', [('true', 'bucket.s3.us-east-1.amazonaws.com'),
                      ('TRUE', 'bucket.s3.us-east-1.amazonaws.com'),
                      ('false', 's3'), ('', 's3')])
def test_configured_endpoints_may_be_ignored(
        value, host, monkeypatch, shared_files):
    shared_files(SERVICES % b's3 =\n  endpoint_url = http://s3')
    monkeypatch.setenv('AWS_IGNORE_CONFIGURED_ENDPOINT_URLS', value)
    assert place(profile='p')[0].split('/')[2] == host


@each('value, variable, host', [
    ('true', '', 'bucket.s3.us-east-1.amazonaws.com'),
    ('true', 'false', 'http'), ('false', '', 'http')])
def test_a_profile_may_say_that_configured_endpoints_are_ignored(
        value, variable, host, monkeypatch, shared_files):
    shared_files(b'[default]\nignore_configured_endpoint_urls = %s\n'
                 % value.encode())
    monkeypatch.setenv('AWS_ENDPOINT_URL', 'http://http')
    monkeypatch.setenv('AWS_IGNORE_CONFIGURED_ENDPOINT_URLS', variable)
    assert place()[0].split('/')[2] == host


@each('bucket, variable, word', [('bucket', 'true', 'FIPS'),
                                 ('dot.name', 'false', 'dots')])
def test_acceleration_does_not_go_with_everything(
        bucket, variable, word, monkeypatch, shared_files):
    shared_files(b'[default]\ns3 =\n  use_accelerate_endpoint = true\n')
    monkeypatch.setenv(FIPS, variable)
    with pytest.raises(ValueError, match=word):
        place(bucket=bucket)


@each('call, reply', [
    (lambda conn: conn.list_buckets(),
     answer(body=b'<ListAllMyBucketsResult/>')),
    (lambda conn: conn.create_bucket('bucket'), answer()),
    (lambda conn: conn.delete_bucket(), answer(204, length=False))])
def test_buckets_are_none_of_the_accelerated_host(call, reply):
    with relayed(reply, endpoint='s3-accelerate.amazonaws.com') as (
            conn, _, route):
        call(conn)
        assert 'accelerate' not in route()[0]


def test_objects_go_through_the_accelerated_host():
    with relayed(answer(), endpoint='s3-accelerate.amazonaws.com') as (
            conn, _, route):
        conn.upload('k', b'')
        assert route() == [
            'PUT bucket.s3-accelerate.amazonaws.com us-east-1']


# ---------------------------------------------------------------------------
# Transfers: uploads in parts
# ---------------------------------------------------------------------------

PART = 5 * 1024 ** 2
HUGE = bytes(bytearray(random.Random(1).getrandbits(8) for _ in range(4096))
            ) * (3 * PART // 4096) + b'seventeen bytes !'


def sources_of(data, folder):
    """Return every kind of source that gives the data."""
    path = os.path.join(str(folder), 'big')
    with open(path, 'wb') as file:
        file.write(data)
    return {
        'path': lambda: path, 'bytes': lambda: data,
        'file': lambda: io.BytesIO(data),
        'only read': lambda: OnlyRead(data, 300000),
        'unseekable': lambda: Unseekable(data),
        'iterable': lambda: (data[start:start + 700001]
                             for start in range(0, len(data), 700001))}


@each('kind', ['path', 'bytes', 'file', 'only read', 'unseekable',
               'iterable'])
@each('size', [PART, PART + 1, 3 * PART + 17])
def test_objects_of_any_size_come_back(server, shared_bucket, key, tmp_path,
                                       kind, size):
    data = HUGE[:size]
    with connect(server, default_bucket=shared_bucket,
                 part_size=PART) as conn:
        response = conn.upload(key, sources_of(data, tmp_path)[kind]())
        found = conn.get(key)
    assert found.content == data
    assert response.etag == found.etag
    assert (response.key, response.bucket) == (key, shared_bucket)


def test_upload_in_parts_keeps_the_options(server, shared_bucket, key):
    needs(server, 'object headers')
    with connect(server, default_bucket=shared_bucket,
                 part_size=PART) as conn:
        conn.upload(key, HUGE, expires=60, content_type='a/b',
                    metadata={'who': 'me'})
        found = conn.head(key)
    assert found.headers['cache-control'] == 'max-age=60'
    assert found.headers['content-type'] == 'a/b'
    assert found.metadata == {'who': 'me'}


def test_pool_carries_many_large_uploads(server, shared_bucket, key):
    with tinys3.Pool(server.access, server.secret, shared_bucket, size=2,
                     endpoint=server.endpoint, region=server.region,
                     part_size=PART, part_threads=2) as pool:
        pool.all_completed(
            [pool.upload('%s-%d' % (key, number), HUGE[number:])
             for number in range(6)], timeout=300)
        assert pool.get(key + '-5').result(60).content == HUGE[5:]


class Parts(object):
    """A little S3 for one upload in parts, as an answer of a Script.

    `told` has what was asked, by kind; `fail` may answer in its place.
    """

    def __init__(self, fail=None):
        self.told = {'create': [], 'part': [], 'complete': [], 'abort': [],
                     'put': [], 'head': []}
        self.bodies, self.fail = {}, fail
        self.flying = self.most = 0
        self._lock = threading.Lock()

    def __call__(self, sock, asked):
        kind = self._kind(asked)
        with self._lock:
            self.told[kind].append(asked)
            self.flying += kind == 'part'
            self.most = max(self.most, self.flying)
        raw = self.fail(kind, asked) if self.fail else None
        if raw is None:
            raw = self._answer(kind, asked)
        with self._lock:
            self.flying -= kind == 'part'
        if raw:
            sock.sendall(raw)
        return bool(raw)

    @staticmethod
    def _kind(asked):
        if 'partNumber' in asked.target:
            return 'part'
        return {'POST': 'create' if 'uploads=' in asked.target
                else 'complete', 'DELETE': 'abort', 'PUT': 'put',
                'HEAD': 'head'}[asked.method]

    def _answer(self, kind, asked):
        if kind == 'create':
            return answer(body=b'<InitiateMultipartUploadResult><UploadId>u 1'
                               b'</UploadId></InitiateMultipartUploadResult>')
        if kind == 'complete':
            return answer(body=b'<CompleteMultipartUploadResult><ETag>"all-2"'
                               b'</ETag></CompleteMultipartUploadResult>')
        if kind == 'abort':
            return answer(204, length=False)
        number = re.search(r'partNumber=(\d+)', asked.target)
        if number:
            self.bodies[int(number.group(1))] = asked.body
        return answer(headers={'ETag': '"%s"' % hashlib.md5(
            asked.body).hexdigest()})


@contextlib.contextmanager
def in_parts(fail=None, **more):
    """Lend a Connection to a little S3 for uploads in parts."""
    parts = Parts(fail)
    options = dict(part_size=PART, retry=1)
    options.update(more)
    with talk(*[parts] * 100, **options) as (conn, _):
        yield conn, parts


@each('again', [True, False], ids=['a file', 'a stream'])
def test_parts_are_all_sent_again_after_a_conflict(again):
    def conflict(kind, asked):
        if kind == 'complete' and 'uploadId=u1' in asked.target:
            return error_answer(409, 'ConditionalRequestConflict')
        return None if kind != 'create' else answer(body=(
            '<InitiateMultipartUploadResult><UploadId>u%d</UploadId>'
            '</InitiateMultipartUploadResult>'
            % len(parts.told['create'])).encode())
    steps = Steps()
    with in_parts(conflict, retry=2) as (conn, parts):
        try:
            conn.upload('k', HUGE if again else OnlyRead(HUGE), headers={
                'If-None-Match': '*'}, progress=steps)
        except tinys3.PreconditionFailed:
            assert not again
    told = {kind: len(asked) for kind, asked in parts.told.items() if asked}
    assert told == ({'create': 2, 'part': 8, 'complete': 3, 'abort': 1}
                    if again else
                    {'create': 1, 'part': 4, 'complete': 2, 'abort': 1})
    assert (sum(steps.news), steps.wrong) == (len(HUGE), [])


def numbers_of(parts):
    return [int(number) for number in re.findall(
        b'<PartNumber>(\\d+)<', parts.told['complete'][0].body)]


def test_parts_make_the_whole_in_order():
    with in_parts() as (conn, parts):
        response = conn.upload('k', HUGE)
    assert b''.join(body for _, body in sorted(parts.bodies.items())) == HUGE
    assert numbers_of(parts) == [1, 2, 3, 4]
    assert (response.etag, parts.told['abort']) == ('all-2', [])


@each('size, count', [(0, 0), (1, 0), (PART, 0), (PART + 1, 2)])
@each('wrap', [bytes, io.BytesIO, OnlyRead])
def test_only_what_is_larger_than_a_part_is_sent_in_parts(wrap, size, count):
    with in_parts() as (conn, parts):
        conn.upload('k', wrap(HUGE[:size]))
    assert (len(parts.bodies), len(parts.told['put'])) == (
        count, 0 if count else 1)


def until_flying(count):
    """Hold each part until so many fly, or for a while."""
    def hold(kind, asked):
        end = time.monotonic() + 2
        while kind == 'part' and time.monotonic() < end and (
                hold.parts.most < count):
            time.sleep(0.005)
    return hold


@each('threads', [1, 3])
def test_parts_go_as_many_at_a_time_as_there_are_threads(threads):
    hold = until_flying(threads)
    with in_parts(hold, part_threads=threads) as (conn, hold.parts):
        conn.upload('k', HUGE * 2)
    assert hold.parts.most == threads


def test_all_uploads_of_a_connection_share_its_threads():
    hold = until_flying(2)
    with in_parts(hold, part_threads=2) as (conn, hold.parts):
        with concurrent.futures.ThreadPoolExecutor(4) as executor:
            list(executor.map(lambda key: conn.upload(key, HUGE), 'abcd'))
    assert hold.parts.most == 2


def test_a_stream_is_not_read_further_ahead_than_parts_may_be_held():
    taken, gate = [], threading.Event()

    def stream():
        for number in range(12):
            taken.append(number)
            yield HUGE[:PART]

    def hold(kind, asked):
        if kind == 'part':
            gate.wait(30)
    with in_parts(hold, part_threads=2) as (conn, parts):
        with concurrent.futures.ThreadPoolExecutor(1) as executor:
            future = executor.submit(conn.upload, 'k', stream())
            while parts.flying < 2:
                time.sleep(0.01)
            time.sleep(0.1)
            ahead = len(taken)
            gate.set()
            future.result(60)
    # Two fly, one waits for a thread, and one is the look ahead.
    assert ahead <= 4


def test_conditions_wait_for_the_completion():
    with in_parts() as (conn, parts):
        conn.upload('k', HUGE, headers={'If-None-Match': '*'})
    assert [len([asked for asked in parts.told[kind]
                 if 'if-none-match' in asked.headers])
            for kind in ('create', 'part', 'complete')] == [0, 0, 1]


@each('name, where', [
    ('x-amz-request-payer', 'create part complete'),
    ('x-amz-expected-bucket-owner', 'create part complete'),
    ('x-amz-server-side-encryption-customer-key', 'create part complete'),
    ('x-amz-server-side-encryption', 'create'), ('x-amz-tagging', 'create'),
    ('x-amz-meta-a', 'create'), ('content-type', 'create'),
    ('x-amz-storage-class', 'create')])
def test_each_header_goes_where_it_belongs(name, where):
    with in_parts() as (conn, parts):
        conn.upload('k', HUGE, headers={name: 'value'})
    assert ' '.join(kind for kind in ('create', 'part', 'complete')
                    if parts.told[kind][0].headers.get(name) == 'value'
                    ) == where


@each('name', ['Content-MD5', 'x-amz-checksum-crc32'])
def test_a_checksum_of_the_whole_cannot_go_with_parts(name):
    with in_parts() as (conn, parts):
        with pytest.raises(ValueError, match='leave it out'):
            conn.upload('k', HUGE, headers={name: 'AAAA'})
    assert not any(parts.told.values())


def failing_at(number, raw):
    def fail(kind, asked):
        if 'partNumber=%d&' % number in asked.target:
            return raw
    return fail


@each('raw, error', [
    (error_answer(403, 'AccessDenied'), tinys3.AccessDenied),
    (b'', tinys3.TransportError), (answer().replace(b'ETag', b'X'),
                                   tinys3.TransportError)])
@each('number', [1, 2, 4])
def test_a_part_that_fails_gives_the_upload_up(raw, error, number):
    with in_parts(failing_at(number, raw)) as (conn, parts):
        with pytest.raises(error):
            conn.upload('k', HUGE)
    assert len(parts.told['abort']) == 1 and not parts.told['complete']


def test_the_upload_is_given_up_when_no_part_flies_any_more():
    flying = []

    def fail(kind, asked):
        if kind == 'abort':
            flying.append(parts.flying)
        if 'partNumber=1&' in asked.target:
            return error_answer(403, 'AccessDenied')
        if kind == 'part':
            time.sleep(0.1)
    with in_parts(fail) as (conn, parts):
        with pytest.raises(tinys3.AccessDenied):
            conn.upload('k', HUGE)
    assert flying == [0]


@pytest.mark.skipif(os.name == 'nt', reason='needs SIGINT')
def test_an_upload_that_is_not_created_holds_no_ctrl_c_up(monkeypatch):
    monkeypatch.setattr(tinys3._Sending, '_grace', 0.2)
    over = threading.Event()

    def fail(kind, asked):
        os.kill(os.getpid(), signal.SIGINT)
        over.wait(20)
    with in_parts(fail, retry=5, timeout=60) as (conn, parts):
        begun = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            conn.upload('k', HUGE)
        took = time.monotonic() - begun
        over.set()
    assert took < 10 and len(parts.told['create']) == 1


@each('tls', [False, True])
def test_a_part_that_is_not_answered_holds_no_upload_up(
        tls, certificates, monkeypatch):
    monkeypatch.setattr(tinys3._Sending, '_grace', 0.2)
    over, stalled = threading.Event(), threading.Event()

    def fail(kind, asked):
        if 'partNumber=1&' in asked.target:
            stalled.set()
            over.wait(20)
        if 'partNumber=2&' in asked.target:
            stalled.wait(20)
            return error_answer(403, 'AccessDenied')
    with in_parts(fail, retry=5, timeout=60, **{
            'server_tls': certificates.good, 'ca_bundle': certificates.ca}
            if tls else {}) as (conn, parts):
        begun = time.monotonic()
        with pytest.raises(tinys3.AccessDenied):
            conn.upload('k', HUGE)
        took = time.monotonic() - begun
        over.set()
    assert took < 10 and len(parts.told['abort']) == 1
    assert [asked.target.count('partNumber=1&') for asked
            in parts.told['part']].count(1) == 1


@each('error', [OSError('gone'), RuntimeError('no'), KeyboardInterrupt()])
def test_a_source_that_fails_gives_the_upload_up(error):
    def stream():
        yield HUGE
        raise error
    with in_parts() as (conn, parts):
        with pytest.raises(type(error)) as caught:
            conn.upload('k', stream())
    assert caught.value is error
    assert len(parts.told['abort']) == 1 and not parts.told['complete']


def test_a_file_that_shrinks_meanwhile_is_never_an_object(tmp_path):
    path = tmp_path / 'big'
    path.write_bytes(HUGE)

    def shrink(kind, asked):
        if kind == 'create':
            os.truncate(str(path), 2 * PART)
    with in_parts(shrink) as (conn, parts):
        with pytest.raises(tinys3.IntegrityError, match='changed'):
            conn.upload('k', str(path))
    assert len(parts.told['abort']) == 1 and not parts.told['complete']


def test_an_upload_that_cannot_be_given_up_is_named(caplog):
    def fail(kind, asked):
        if kind in ('part', 'abort'):
            return error_answer(403, 'AccessDenied')
    with in_parts(fail) as (conn, parts):
        with pytest.raises(tinys3.AccessDenied) as caught:
            conn.upload('k', HUGE)
    assert caught.value.method == 'PUT' and len(parts.told['abort']) == 2
    assert 's3://bucket/k id=u 1' in caplog.text


def test_progress_over_parts_is_exact_and_from_one_thread_at_a_time():
    steps, busy = [], threading.Lock()

    def progress(news):
        assert busy.acquire(False)
        steps.append(news)
        busy.release()
    failed = []

    def once(kind, asked):
        if kind == 'part' and not failed:
            failed.append(1)
            return error_answer(500, 'InternalError')
    with in_parts(once, retry=2) as (conn, _):
        conn.upload('k', HUGE, progress=progress)
    assert sum(steps) == len(HUGE) and min(steps) > 0


def test_an_exception_in_progress_gives_the_upload_up():
    def progress(news):
        raise KeyError('enough')
    with in_parts() as (conn, parts):
        with pytest.raises(KeyError, match='enough'):
            conn.upload('k', HUGE, progress=progress)
    assert len(parts.told['abort']) == 1 and not parts.told['complete']


def test_crc32_of_parts_and_whole_go_along_over_tls(certificates):
    with in_parts(integrity='crc32', server_tls=certificates.good,
                  ca_bundle=certificates.ca) as (conn, parts):
        conn.upload('k', HUGE)
    create, complete = parts.told['create'][0], parts.told['complete'][0]
    assert create.headers['x-amz-checksum-algorithm'] == 'CRC32'
    assert create.headers['x-amz-checksum-type'] == 'FULL_OBJECT'
    for asked in parts.told['part']:
        assert asked.headers['x-amz-content-sha256'] == 'UNSIGNED-PAYLOAD'
        assert base64.b64decode(asked.headers['x-amz-checksum-crc32']
                                ) == struct.pack('>I', zlib.crc32(asked.body))
    assert base64.b64decode(complete.headers['x-amz-checksum-crc32']
                            ) == struct.pack('>I', zlib.crc32(HUGE))
    assert complete.headers['x-amz-mp-object-size'] == str(len(HUGE))
    assert complete.body.count(b'<ChecksumCRC32>') == 4


@each('sizes', [(0,), (1,), (0, 5), (5, 0), (1, 2, 3), (100000, 99999, 7),
                (4096,) * 9])
def test_crc32_of_pieces_is_that_of_the_whole(sizes):
    pieces = [os.urandom(size) for size in sizes]
    assert tinys3._combined_crc32(
        (zlib.crc32(piece), len(piece)) for piece in pieces
    ) == zlib.crc32(b''.join(pieces))


GIB = 1024 ** 3


@each('size, part_size', [
    (0, PART), (100 * PART, PART), (10000 * PART, PART),
    (10000 * PART + 1, PART + 2 ** 20), (5 * 1024 * GIB, 525 * 2 ** 20)])
def test_parts_grow_so_that_ten_thousand_are_enough(size, part_size):
    sizes = list(tinys3._part_sizes(size, PART, False).__next__()
                 for _ in range(1))
    assert sizes == [part_size] and part_size * 10000 >= size


def test_more_than_fits_into_ten_thousand_parts_is_refused():
    with pytest.raises(ValueError, match='10,000'):
        next(tinys3._part_sizes(50000 * GIB + 1, PART, False))


def test_parts_of_a_stream_double_every_thousand():
    sizes = list(itertools.islice(tinys3._part_sizes(None, PART, False),
                                  10000))
    assert (sizes[0], sizes[999], sizes[1000], sizes[9999]) == (
        PART, PART, 2 * PART, 512 * PART)


def test_parts_that_must_be_equal_stay_equal_and_may_be_too_many():
    sizes = tinys3._part_sizes(None, PART, True)
    assert set(itertools.islice(sizes, 10000)) == {PART}
    with pytest.raises(ValueError, match='part_size'):
        next(sizes)


@each('etag, fine', [('right', True), ('"other-4"', False)])
def test_a_completion_whose_answer_was_lost_is_looked_up(etag, fine):
    def fail(kind, asked):
        if kind == 'complete':
            return error_answer(404, 'NoSuchUpload')
        if kind == 'head':
            digests = b''.join(hashlib.md5(body).digest() for _, body in
                               sorted(parts.bodies.items()))
            return answer(headers={'ETag': etag if not fine else '"%s-4"'
                                   % hashlib.md5(digests).hexdigest()})
    with in_parts(fail) as (conn, parts):
        if fine:
            assert conn.upload('k', HUGE).etag.endswith('-4')
        else:
            with pytest.raises(tinys3.NotFound):
                conn.upload('k', HUGE)
    assert len(parts.told['abort']) == (0 if fine else 1)


def test_an_error_inside_the_answer_to_a_completion_is_tried_again():
    broken = [answer(body=b'  <Error><Code>InternalError</Code></Error>')]

    def fail(kind, asked):
        if kind == 'complete' and broken:
            return broken.pop()
    with in_parts(fail, retry=2) as (conn, parts):
        assert conn.upload('k', HUGE).etag == 'all-2'
    assert len(parts.told['complete']) == 2


@pytest.mark.skipif(not hasattr(os, 'fork'), reason='needs fork')
def test_a_forked_child_uploads_in_parts_of_its_own():
    with in_parts() as (conn, parts):
        conn.upload('before', HUGE)
        with warnings_off():
            child = os.fork()
        if not child:
            try:
                os._exit(0 if conn.upload('in', HUGE).ok else 1)
            finally:
                os._exit(2)
        assert os.waitpid(child, 0)[1] == 0
        assert conn.upload('after', HUGE).ok
    assert len(parts.told['complete']) == 3


def test_multipart_upload_with_the_names_of_2013(server, bucket, key):
    with connect(server, default_bucket=bucket) as conn:
        mp = conn.initiate_multipart_upload(key, metadata={'who': 'me'})
        assert mp.upload_id and mp.uploadId == mp.upload_id
        film = io.BytesIO(HUGE)
        mp.upload_part_from_file(film, 1, length=PART)
        mp.upload_part_from_file(film, 2, length=PART, rewind=False)
        mp.upload_part_from_file(film, 3, PART + 17, None, True, False)
        assert film.closed and mp.number_of_parts() == 3
        assert [(part['part_number'], part['size']) for part in
                mp.list_parts()] == [(1, PART), (2, PART), (3, PART + 17)]
        assert mp.complete_upload().etag
        found = conn.get(key)
    assert found.content == HUGE and found.metadata == {'who': 'me'}


def test_an_interrupted_upload_goes_on_by_its_id(server, bucket, key):
    with connect(server, default_bucket=bucket) as conn:
        first = conn.initiate_multipart_upload(key)
        first.upload_part_from_file(HUGE[:PART], 1)
        again = tinys3.MultipartUpload(conn, bucket, key, first.upload_id)
        again.upload_part_from_file(HUGE[PART:], 2)
        again.complete_upload()
        assert conn.get(key).content == HUGE


def test_uploads_that_are_open_are_listed_and_cancelled(server, bucket):
    names = ['a+b', 'a b', 'plain']
    with connect(server, default_bucket=bucket) as conn:
        for name in names:
            conn.initiate_multipart_upload(name)
        found = conn.get_all_multipart_uploads()
        for mp in found:
            mp.cancel_upload()
        assert list(conn.list_multipart_uploads(bucket=bucket)) == []
    if server.name != 'juicefs':        # it lists them per object alone
        assert sorted(mp.key for mp in found) == sorted(names)


def test_uploads_are_listed_whatever_their_keys(caplog):
    keys = ['k' * 1025, '/k', 'k']
    page = ''.join('<Upload><Key>%s</Key><UploadId>u</UploadId></Upload>'
                   % key for key in keys + [''])
    with talk(answer(body=(
            '<ListMultipartUploadsResult>%s</ListMultipartUploadsResult>'
            % page).encode()), answer(204, length=False)) as (conn, script):
        found = conn.get_all_multipart_uploads()
        found[0].cancel_upload()
    assert [mp.key for mp in found] == keys
    assert script.requests[1].target == '/bucket/%s?uploadId=u' % keys[0]
    assert not caplog.records       # of a slash that nobody wrote here


def test_pool_begins_and_lists_uploads(server, bucket, key):
    with tinys3.Pool(server.access, server.secret, bucket,
                     endpoint=server.endpoint, region=server.region) as pool:
        mp = pool.initiate_multipart_upload(key).result(60)
        mp.upload_part_from_file(b'last', 1)
        assert mp.complete_upload().etag
        assert pool.get_all_multipart_uploads().result(60) == []
        assert pool.list_multipart_uploads().result(60) == []


@each('kind', ['FULL_OBJECT', 'COMPOSITE'])
def test_completion_by_id_takes_the_checksums_of_the_parts(kind):
    parts = [b'first', b'second']
    page = answer(body=('<ListPartsResult><ChecksumType>%s</ChecksumType>'
                        '<ChecksumAlgorithm>CRC32</ChecksumAlgorithm>%s'
                        '</ListPartsResult>' % (kind, ''.join(
        '<Part><PartNumber>%d</PartNumber><ETag>"%d"</ETag><Size>%d</Size>'
        '<ChecksumCRC32>%s</ChecksumCRC32></Part>' % (
            number, number, len(part), base64.b64encode(struct.pack(
                '>I', zlib.crc32(part))).decode())
        for number, part in enumerate(parts, 1)))).encode())
    done = answer(body=b'<CompleteMultipartUploadResult/>')
    with talk(page, done) as (conn, script):
        tinys3.MultipartUpload(conn, 'bucket', 'k', 'id').complete_upload()
    asked = script.requests[1]
    assert asked.body.count(b'<ChecksumCRC32>') == 2
    assert asked.headers.get('x-amz-checksum-type', 'COMPOSITE') == kind
    if kind == 'FULL_OBJECT':
        assert base64.b64decode(asked.headers['x-amz-checksum-crc32']) == (
            struct.pack('>I', zlib.crc32(b'firstsecond')))


@each('name', ['CRC64NVME', 'CRC32C'])
def test_parts_of_an_upload_by_id_have_no_checksum_that_we_lack(name):
    page = answer(body=(
        '<ListPartsResult><ChecksumType>FULL_OBJECT</ChecksumType>'
        '<ChecksumAlgorithm>%s</ChecksumAlgorithm></ListPartsResult>' % name
    ).encode())
    with talk(page, answer(headers={'ETag': '"1"'})) as (conn, script):
        upload = tinys3.MultipartUpload(conn, 'bucket', 'k', 'id')
        assert upload.number_of_parts() == 0
        upload.upload_part_from_file(b'x', 1)
    assert not [header for header in script.requests[1].headers
                if 'checksum' in header]


def test_parts_of_an_upload_by_id_are_sent_by_who_may_not_list_them(
        certificates):
    part = answer(headers={'ETag': '"1"'})
    with talk(error_answer(403, 'AccessDenied'), part, part,
              server_tls=certificates.good, ca_bundle=certificates.ca,
              integrity='crc32') as (conn, script):
        upload = tinys3.MultipartUpload(conn, 'bucket', 'k', 'id')
        upload.upload_part_from_file(b'x', 1)
        upload.upload_part_from_file(b'y', 2)
    assert [asked.method for asked in script.requests] == ['GET'] + ['PUT'] * 2


@each('integrity', ['auto', 'sha256'])
def test_parts_of_an_upload_by_id_are_signed_as_all_bodies_are(integrity):
    page = answer(body=(
        b'<ListPartsResult><ChecksumType>FULL_OBJECT</ChecksumType>'
        b'<ChecksumAlgorithm>CRC32</ChecksumAlgorithm></ListPartsResult>'))
    with talk(page, answer(headers={'ETag': '"1"'}),
              integrity=integrity) as (conn, script):
        upload = tinys3.MultipartUpload(conn, 'bucket', 'k', 'id')
        assert upload.number_of_parts() == 0
        upload.upload_part_from_file(b'x', 1)
    sent = script.requests[1].headers
    assert sent['x-amz-checksum-crc32'] == base64_of('crc32', b'x')
    assert sent['x-amz-content-sha256'] == hashlib.sha256(b'x').hexdigest()


@each('algorithm', ['CRC32', 'SHA256', 'SHA1', 'CRC64NVME'])
def test_parts_of_an_upload_by_id_have_the_checksum_it_began_with(
        algorithm, certificates):
    page = answer(body=(
        '<ListPartsResult><ChecksumType>COMPOSITE</ChecksumType>'
        '<ChecksumAlgorithm>%s</ChecksumAlgorithm></ListPartsResult>'
        % algorithm).encode())
    part = answer(headers={'ETag': '"1"'})
    with talk(page, part, part, server_tls=certificates.good,
              ca_bundle=certificates.ca, integrity='crc32') as (conn, script):
        upload = tinys3.MultipartUpload(conn, 'bucket', 'k', 'id')
        upload.upload_part_from_file(b'x', 1)
        upload.upload_part_from_file(b'x', 2)
    name = algorithm.lower()
    sent = [asked.headers.get('x-amz-checksum-' + name)
            for asked in script.requests]
    assert sent == [None] + [
        None if name == 'crc64nvme' else base64_of(name, b'x')] * 2


@each('length, error', [(-1, ValueError), (True, TypeError),
                       ('5', TypeError), (5 * GIB + 1, ValueError)])
@each('wrap', [bytes, io.BytesIO, lambda data: iter([data])])
def test_the_length_of_a_part_must_make_sense(length, error, wrap):
    with in_parts() as (conn, parts):
        mp = conn.initiate_multipart_upload('k')
        with pytest.raises(error):
            mp.upload_part_from_file(wrap(b'abcdef'), 1, length=length)
    assert not parts.told['part']


@each('cut', [[5], [2, 3], [0, 5], [1] * 5])
def test_parts_of_an_iterator_lose_nothing_in_between(cut):
    blocks = iter([bytes([65 + n]) * size for n, size in enumerate(cut * 3)])
    with in_parts() as (conn, parts):
        mp = conn.initiate_multipart_upload('k')
        for number in 1, 2, 3:
            mp.upload_part_from_file(blocks, number, length=5)
    assert b''.join(parts.bodies[n] for n in (1, 2, 3)) == b''.join(
        bytes([65 + n]) * size for n, size in enumerate(cut * 3))


def test_a_part_ends_where_a_block_of_an_iterator_does():
    with in_parts() as (conn, parts):
        mp = conn.initiate_multipart_upload('k')
        mp.upload_part_from_file([b'abc', b'def'], 1, length=5)
        with pytest.raises(ValueError, match='6 bytes, not 5: .* lost'):
            mp.upload_part_from_file(iter([b'abc', b'def']), 2, length=5)
    assert parts.bodies == {1: b'abcde'}


def test_a_part_may_be_empty():
    with in_parts() as (conn, parts):
        mp = conn.initiate_multipart_upload('k')
        mp.upload_part_from_file(iter([b'abc']), 1, length=0)
    assert parts.bodies == {1: b''}


def test_a_checksum_cannot_go_with_an_upload_in_parts_either():
    with in_parts() as (conn, parts):
        with pytest.raises(ValueError, match='leave it out'):
            conn.initiate_multipart_upload('k', headers={'Content-MD5': 'A'})
    assert not parts.told['create']


def test_an_upload_begins_though_its_key_breaks_the_answer():
    begun = answer(body=b'<InitiateMultipartUploadResult><Key>a\x01</Key>'
                        b'<UploadId>u</UploadId></InitiateMultipartUpload'
                        b'Result>')
    with talk(begun) as (conn, _):
        upload = conn.initiate_multipart_upload('a\x01')
    assert upload.upload_id == 'u'


def test_an_upload_without_id_is_no_answer_of_s3():
    page = answer(body=b'<InitiateMultipartUploadResult/>')
    with talk(page) as (conn, script):
        with pytest.raises(tinys3.TransportError, match='upload id'):
            conn.initiate_multipart_upload('k')


def test_the_error_names_the_upload_that_was_left_behind():
    def fail(kind, asked):
        if kind in ('part', 'abort'):
            return error_answer(403, 'AccessDenied')
    with in_parts(fail) as (conn, parts):
        with pytest.raises(tinys3.AccessDenied) as caught:
            conn.upload('k', HUGE)
    assert caught.value.upload_id == 'u 1'


def test_where_no_thread_can_be_had_parts_go_one_by_one(monkeypatch):
    def refuse(function, arguments):
        raise RuntimeError("can't start new thread")
    with in_parts() as (conn, parts):
        monkeypatch.setattr('_thread.start_new_thread', refuse)
        conn.upload('k', OnlyRead(HUGE, 10 ** 6))
        monkeypatch.undo()
    assert b''.join(body for _, body in sorted(parts.bodies.items())) == HUGE
    assert len(parts.told['part']) == 4 and parts.most == 1


@pytest.mark.skipif(not hasattr(os, 'fork'), reason='needs fork')
def test_a_forked_child_does_not_share_the_memory_of_parts():
    with in_parts() as (conn, parts):
        memory = tinys3._memory(1000, [])
        memory[:3] = b'one'
        with warnings_off():
            child = os.fork()
        if not child:
            memory[:3] = b'two'
            os._exit(0)
        os.waitpid(child, 0)
        assert memory[:3] == b'one'


def test_threads_and_slots_are_given_back():
    before = threading.active_count()
    with in_parts(failing_at(2, error_answer(403, 'AccessDenied')),
                  part_threads=2) as (conn, parts):
        for _ in range(5):
            with pytest.raises(tinys3.AccessDenied):
                conn.upload('k', HUGE)
        parts.fail = None
        assert conn.upload('k', HUGE).ok
        names = [thread.name for thread in threading.enumerate()
                 if 'Job' in repr(thread)]
    assert names == [] and threading.active_count() <= before


def test_a_generator_may_use_its_buffer_again():
    def stream():
        buffer = bytearray()
        for start in range(0, len(HUGE), 1000003):
            buffer += HUGE[start:start + 1000003]
            yield buffer
            buffer.clear()
    with in_parts() as (conn, parts):
        conn.upload('k', stream())
    assert b''.join(body for _, body in sorted(parts.bodies.items())) == HUGE


def test_what_is_unzipped_as_it_is_read_is_read_once(tmp_path):
    path = str(tmp_path / 'zipped')
    with gzip.open(path, 'wb', 1) as file:
        file.write(HUGE)
    with in_parts() as (conn, parts), gzip.open(path) as file:
        seeks = []
        rewind = file.seek
        file.seek = lambda *args: seeks.append(args) or rewind(*args)
        conn.upload('k', file)
    assert b''.join(body for _, body in sorted(parts.bodies.items())) == HUGE
    assert len(seeks) <= 1


def test_a_part_that_waits_wakes_up_when_another_fails():
    waits = threading.Event()

    def fail(kind, asked):
        if 'partNumber=1&' in asked.target:
            waits.set()
            return answer(503, headers={'Retry-After': '20'})
        if 'partNumber=2&' in asked.target and waits.wait(10):
            return error_answer(403, 'AccessDenied')
    with in_parts(fail, retry=2) as (conn, parts):
        conn._sleep, began = time.sleep, time.monotonic()
        with pytest.raises(tinys3.S3Error):
            conn.upload('k', HUGE)
    assert time.monotonic() - began < 15


def test_a_source_that_is_closed_meanwhile_hides_no_failure():
    source = io.BytesIO(b'x' * 100)
    with talk(lambda sock, asked: source.close(), retry=1) as (conn, _):
        with pytest.raises(tinys3.TransportError):
            conn.upload('k', source)


def test_a_multipart_upload_pickles():
    with in_parts() as (conn, _):
        mp = conn.initiate_multipart_upload('k')
        again = pickle.loads(pickle.dumps(mp))
    assert (again.upload_id, again.key, again.bucket) == (
        'u 1', 'k', 'bucket')
    assert SECRET not in repr(again)


@each('number', [0, 10001, True, '1', 1.0])
def test_a_part_number_must_make_sense(number):
    with in_parts() as (conn, parts):
        mp = conn.initiate_multipart_upload('k')
        with pytest.raises((ValueError, TypeError)):
            mp.upload_part_from_file(b'', number)
    assert not parts.told['part']


def test_a_part_that_is_shorter_than_it_should_be_is_refused():
    with in_parts() as (conn, parts):
        mp = conn.initiate_multipart_upload('k')
        with pytest.raises(ValueError, match='4 bytes, not 5'):
            mp.upload_part_from_file(b'four', 1, length=5)
    assert not parts.told['part']


def test_the_md5_of_a_part_goes_along():
    with in_parts() as (conn, parts):
        mp = conn.initiate_multipart_upload('k')
        mp.upload_part_from_file(b'x', 1, md5='mine')
    assert parts.told['part'][0].headers['content-md5'] == 'mine'


def test_lists_of_parts_and_uploads_go_on_by_markers():
    def page(root, more, body):
        return answer(body=('<%s><IsTruncated>%s</IsTruncated>%s</%s>' % (
            root, more, body, root)).encode())
    part = '<Part><PartNumber>%d</PartNumber></Part>'
    upload = '<Upload><Key>%s</Key><UploadId>u</UploadId></Upload>'
    version = '<Version><Key>%s</Key><VersionId>%s</VersionId></Version>'
    with talk(
            page('ListPartsResult', 'true', part % 1
                 + '<NextPartNumberMarker>1</NextPartNumberMarker>'),
            page('ListPartsResult', 'false', part % 2),
            page('ListMultipartUploadsResult', 'true', upload % 'a%2B'
                 + '<EncodingType>url</EncodingType><NextKeyMarker>a%2B'
                   '</NextKeyMarker><NextUploadIdMarker>u'
                   '</NextUploadIdMarker>'),
            page('ListMultipartUploadsResult', 'false', upload % 'b'),
            page('ListVersionsResult', 'true', version % ('a%2B', 'v%2B')
                 + '<EncodingType>url</EncodingType><NextKeyMarker>a%2B'
                   '</NextKeyMarker><NextVersionIdMarker>v%2B'
                   '</NextVersionIdMarker>'),
            page('ListVersionsResult', 'true', '<NextKeyMarker>b'
                 '</NextKeyMarker><NextVersionIdMarker/>'),
            page('ListVersionsResult', 'false', version % ('b', 'null'))) as (
                conn, script):
        mp = tinys3.MultipartUpload(conn, 'bucket', 'k', 'id')
        assert mp.number_of_parts() == 2
        assert [mp.key for mp in conn.list_multipart_uploads()] == ['a+', 'b']
        assert [(entry['key'], entry['version_id']) for entry
                in conn.list_versions()] == [('a+', 'v%2B'), ('b', 'null')]
    assert 'key-marker=a%2B&version-id-marker=v%252B' in (
        script.requests[5].target)
    assert 'version-id-marker' not in script.requests[6].target
    assert 'part-number-marker=1' in script.requests[1].target
    assert 'key-marker=a%2B&upload-id-marker=u' in script.requests[3].target


# ---------------------------------------------------------------------------
# Downloads: to files and streams, resumed, in ranges
# ---------------------------------------------------------------------------

MODIFIED = 'Fri, 24 May 2013 00:00:00 GMT'      # NOW
TWO = HUGE[:2 * PART]                           # two ranges
each_place = each('place', ['before the head', 'in the head', 0, 1, 1000,
                            -1])


def base64_of(name, data):
    """Write a checksum as S3 does."""
    digest = struct.pack('>I', zlib.crc32(data)) if name == 'crc32' else (
        hashlib.new(name, data).digest())
    return base64.b64encode(digest).decode()


class Store(object):
    """A little S3 with one object, as an answer of a Script: it serves
    ranges, and looks at If-Match.

    `spoil` gets the first byte that is asked for (None for the whole) and
    the answer, and returns what is sent in its place: bytes, or several in
    turn. After another answer than the right one it hangs up. `asked` are
    the requests.
    """

    def __init__(self, data, spoil=None, headers=()):
        self.data, self.spoil, self.asked = data, spoil, []
        self.headers = dict({'ETag': '"v1"', 'Accept-Ranges': 'bytes',
                             'Last-Modified': MODIFIED}, **dict(headers))

    def __call__(self, sock, asked):
        self.asked.append(asked)
        right = self.right(asked.headers)
        sent = right
        if self.spoil is not None:
            sent = self.spoil(first_of(asked), right)
        for piece in [sent] if isinstance(sent, bytes) else sent:
            sock.sendall(piece)
        return sent is right

    def right(self, asked):
        """Return the answer of an S3 without faults."""
        headers = {name: value for name, value in self.headers.items()
                   if value is not None}
        etag = headers.get('ETag')
        if etag and asked.get('if-none-match') == etag:
            return answer(304, headers=headers, length=False)
        if asked.get('if-match', etag) != etag:
            return error_answer(412, 'PreconditionFailed')
        if 'range' not in asked:
            return answer(200, self.data, headers)
        first, last = re.match(r'bytes=(\d+)-(\d*)\Z',
                               asked['range']).groups()
        return piece_of(self.data, headers, int(first), int(
            last or len(self.data) - 1))

    def ranges(self):
        """Return which ranges were asked for, in their order."""
        return sorted(asked.headers.get('range', 'all')
                      for asked in self.asked)


def first_of(asked):
    """Return the first byte that a request asks for, None for the whole."""
    found = re.match(r'bytes=(\d+)-', asked.headers.get('range', ''))
    return int(found.group(1)) if found else None


def piece_of(data, headers, start, end, **told):
    """Answer a range, `end` included; `told` may lie about its first and
    last byte and the total."""
    line = dict(first=start, last=end, total=len(data))
    line.update(told)
    return answer(206, data[start:end + 1], dict(headers, **{
        'Content-Range': 'bytes %(first)d-%(last)d/%(total)s' % line}))


@contextlib.contextmanager
def stored(data, spoil=None, headers=(), **more):
    """Lend a Connection to a little S3 with one object, and that."""
    store = Store(data, spoil, headers)
    options = dict(part_size=PART, retry=3)
    options.update(more)
    with talk(*[store] * 100, **options) as (conn, _):
        yield conn, store


def broken_at(raw, place):
    """Cut an answer, at a place in its head or a byte of its body."""
    if place == 'before the head':
        return b''
    body = raw.index(b'\r\n\r\n') + 4
    if place == 'in the head':
        return raw[:body - 10]
    return raw[:body + place] if place >= 0 else raw[:place]


def cut(place, times=1, only=None):
    """Break off the first answers: those to `only`, if it is given, the
    first byte that is asked for."""
    left, lock = [times], threading.Lock()

    def spoil(first, raw):
        with lock:
            if left[0] and only in (None, first or 0):
                left[0] -= 1
                return broken_at(raw, place)
        return raw
    return spoil


def pieces(response, size=777):
    """Read a stream by read(n) to its end."""
    with response:
        return b''.join(iter(lambda: response.read(size), b''))


def brought(conn, **more):
    """Return what a download brings."""
    file = io.BytesIO()
    conn.download('k', file, **more)
    return file.getvalue()


READS = {
    'content': lambda conn: conn.get('k').content,
    'stream.content': lambda conn: conn.get('k', stream=True).content,
    'read()': lambda conn: conn.get('k', stream=True).read(),
    'read(n)': lambda conn: pieces(conn.get('k', stream=True)),
    'iter_content': lambda conn: b''.join(
        conn.get('k', stream=True).iter_content(1000)),
    'download': brought,
}
each_read = each('read', sorted(READS))
# What goes on where it broke off; `content` begins anew.
each_stream = each('read', sorted(set(READS) - {'content'}))


# -- every sink, on a real server

class OnlyWrite(object):
    """A sink with nothing but `write`."""

    def __init__(self):
        self.came = []

    def write(self, data):
        self.came.append(bytes(data))


class Drain(threading.Thread):
    """Reads a pipe to its end."""

    def __init__(self, source):
        super().__init__(daemon=True)
        self._source, self._came = source, None
        self.start()

    def run(self):
        with open(self._source, 'rb') as file:
            self._came = file.read()

    def came(self):
        self.join(60)
        return self._came


def closing_read(file, path):
    file.close()
    return path.read_bytes()


def open_sink(path, buffering):
    file = open(str(path), 'wb', buffering)
    return file, lambda: closing_read(file, path)


def pipe_sink(path, buffering):
    end, begin = os.pipe()
    file, drain = os.fdopen(begin, 'wb', buffering), Drain(end)

    def came():
        file.close()
        return drain.came()
    return file, came


def fifo_sink(path):
    os.mkfifo(str(path))
    return str(path), Drain(str(path)).came


def memory_sink(path):
    file = io.BytesIO()
    return file, file.getvalue


def bare_sink(path):
    file = OnlyWrite()
    return file, lambda: b''.join(file.came)


# Each makes a sink, and what returns the bytes that came.
SINKS = {
    'str path': lambda path: (str(path), path.read_bytes),
    'PathLike': lambda path: (path, path.read_bytes),
    'file': lambda path: open_sink(path, -1),
    'raw file': lambda path: open_sink(path, 0),
    'BytesIO': memory_sink,
    'only write': bare_sink,
    'pipe': lambda path: pipe_sink(path, -1),
    'raw pipe': lambda path: pipe_sink(path, 0),
}
if hasattr(os, 'mkfifo'):
    SINKS['FIFO'] = fifo_sink


@pytest.fixture(scope='session')
def sizes(server, shared_bucket):
    """Store an object of each interesting size; return their keys."""
    keys = {size: 'size-%d-%s' % (size, uuid.uuid4().hex) for size in (
        0, 1, PART - 1, PART, PART + 1, 3 * PART + 17)}
    with connect(server, default_bucket=shared_bucket) as conn:
        for size, key in keys.items():
            conn.upload(key, HUGE[:size])
    return keys


class Downloads(OnBoth):
    """What holds of `download` on a Connection and on a Pool alike."""

    @each('size', [0, 1, PART - 1, PART, PART + 1, 3 * PART + 17])
    @each('kind', sorted(SINKS))
    def test_download_brings_the_bytes(self, ops, sizes, path, kind, size):
        sink, came = SINKS[kind](path)
        response = ops('download', sizes[size], sink)
        assert came() == HUGE[:size]
        assert (response.status_code, response.content) == (200, b'')

    @each('size', [0, 1, PART + 1, 3 * PART + 17])
    def test_progress_of_a_download_sums_up(self, ops, sizes, path, size):
        steps = Steps()
        ops('download', sizes[size], path, progress=steps)
        assert (sum(steps.news), steps.wrong) == (size, [])

    def test_a_download_has_the_time_of_the_object(self, ops, sizes, path):
        response = ops('download', sizes[1], path)
        assert path.stat().st_mtime == tinys3._parse_http_date(
            response.headers['last-modified'])

    @each('size', [1, 3 * PART + 17])
    def test_download_returns_the_answer(self, ops, sizes, path, size,
                                         shared_bucket):
        response, head = ops('download', sizes[size], path), ops(
            'head', sizes[size])
        assert (response.key, response.bucket) == (sizes[size],
                                                   shared_bucket)
        assert response.etag == head.etag
        assert response.headers['content-length'] == str(size)

    def test_download_unchanged_leaves_the_file(self, ops, sizes, path):
        path.write_bytes(b'old')
        etag = ops('head', sizes[1]).etag
        response = ops('download', sizes[1], path,
                       headers={'If-None-Match': etag})
        assert (response.status_code, response.content) == (304, b'')
        assert path.read_bytes() == b'old'

    def test_download_of_a_missing_key_leaves_no_file(self, ops, key, path):
        with pytest.raises(tinys3.NotFound):
            ops('download', key, path)
        assert os.listdir(str(path.parent)) == []


class TestConnectionDownloads(OnConnection, Downloads):
    """Downloads on a Connection."""


class TestPoolDownloads(OnPool, Downloads):
    """Downloads on a Pool."""


# -- what breaks off goes on

class Steps(object):
    """Records progress; `wrong` has what must not be."""

    def __init__(self):
        self.news, self.wrong = [], []
        self._busy = threading.Lock()

    def __call__(self, news):
        if not self._busy.acquire(False):
            self.wrong.append('two at once')
            return
        if news < 1:
            self.wrong.append(news)
        self.news.append(news)
        self._busy.release()


@each_place
@each_read
def test_what_breaks_off_is_read_to_its_end(read, place):
    with stored(BIG, cut(place)) as (conn, store):
        assert READS[read](conn) == BIG
    assert len(store.asked) == 2


@each_stream
def test_a_resume_asks_for_the_rest_of_the_same_object(read):
    with stored(BIG, cut(1000)) as (conn, store):
        READS[read](conn)
    assert store.ranges() == ['all', 'bytes=1000-%d' % (len(BIG) - 1)]
    assert store.asked[1].headers['if-match'] == '"v1"'


@each_stream
def test_a_resume_may_break_off_too(read):
    with stored(BIG, cut(1000, 2)) as (conn, store):
        assert READS[read](conn) == BIG
    assert store.asked[2].headers['range'] == 'bytes=2000-%d' % (len(BIG) - 1)


@each_read
def test_a_length_that_is_told_twice_is_a_length(read):
    with stored(BIG, lambda first, raw: raw.replace(
            b'Content-Length: ', b'Content-Length: %d\r\nContent-Length: '
            % len(BIG))) as (conn, _):
        assert READS[read](conn) == BIG


def test_a_resume_drops_the_conditions_of_the_caller():
    with stored(BIG, cut(1000)) as (conn, store):
        brought(conn, headers={'If-None-Match': '"v0"',
                               'If-Modified-Since': MODIFIED})
    assert {name for name in store.asked[1].headers
            if name.startswith('if-')} == {'if-match'}


def test_a_resume_keeps_version_and_headers():
    headers = {'x-amz-server-side-encryption-customer-key': 'a'}
    with stored(BIG, cut(1000)) as (conn, store):
        brought(conn, headers=headers, version_id='v 1')
    first, second = store.asked
    assert first.target == second.target == '/bucket/k?versionId=v%201'
    assert second.headers[list(headers)[0]] == 'a'


@each('byte_range, rest', [((100, 5000), '1100-5000'),
                           ((100, None), '1100-%d' % (len(BIG) - 1))])
def test_a_stream_of_a_range_is_resumed_within_it(byte_range, rest):
    with stored(BIG, range_cut) as (conn, store):
        data = conn.get('k', byte_range=byte_range, stream=True).read()
    assert data == BIG[100:(byte_range[1] or len(BIG)) + 1]
    assert store.asked[1].headers['range'] == 'bytes=' + rest


def range_cut(first, raw):
    return broken_at(raw, 1000) if first == 100 else raw


@each_stream
def test_a_server_without_ranges_may_send_it_all_again(read):
    def whole(first, raw):
        return raw if first is None else answer(200, BIG, {'ETag': '"v1"'})
    breaks = cut(1000)
    with stored(BIG, lambda first, raw: whole(first, breaks(first, raw))
                ) as (conn, _):
        assert READS[read](conn) == BIG


@each('read', ['read()', 'download'])
@each('place', ['before the head', 0, 1000])
def test_tries_are_bounded_whatever_came_meanwhile(place, read):
    with stored(BIG, cut(place, 99), retry=3) as (conn, store):
        with pytest.raises(tinys3.TransportError, match='after 3 attempts'):
            READS[read](conn)
    assert (len(store.asked), len(conn.naps)) == (3, 2)


def in_chunks(raw):
    """Write an answer in chunks instead."""
    head, _, body = raw.partition(b'\r\n\r\n')
    head = re.sub(br'\r\nContent-Length: \d+', b'', head) + (
        b'\r\nTransfer-Encoding: chunked\r\n\r\n')
    return head + b''.join(
        b'%x\r\n%s\r\n' % (len(body[at:at + 70000]), body[at:at + 70000])
        for at in range(0, len(body), 70000)) + b'0\r\n\r\n'


def test_a_stream_that_is_lost_says_so_in_the_same_words():
    with stored(BIG, cut(1000, 99)) as (conn, _):
        response = conn.get('k', stream=True)
        told = []
        for _ in range(4):
            with pytest.raises(tinys3.TransportError) as caught:
                response.read()
            told.append(str(caught.value).count('after 3 attempts'))
    assert told == [1, 1, 1, 1]


@each_stream
@each('etag, write', [(None, bytes), ('"v1"', in_chunks)],
      ids=['no ETag', 'no length'])
def test_what_cannot_be_told_apart_is_not_resumed(etag, write, read):
    with stored(BIG, lambda first, raw: broken_at(write(raw), 1000),
                {'ETag': etag}) as (conn, store):
        with pytest.raises(tinys3.TransportError):
            READS[read](conn)
    assert len(store.asked) == 1


@each_read
@each('data', [b'', BIG, TWO], ids=['empty', 'big', 'two'])
def test_chunks_make_the_whole(data, read):
    with stored(data, lambda first, raw: in_chunks(raw)) as (conn, store):
        assert READS[read](conn) == data
    assert store.ranges() == ['all']


# What may come to a request for a range, and is not it: of the data, the
# right headers, the first and last byte.
OTHERS = {
    'other ETag': lambda data, headers, first, last: piece_of(
        data, dict(headers, ETag='"v2"'), first, last),
    'no ETag': lambda data, headers, first, last: piece_of(
        data, {}, first, last),
    '412': lambda data, headers, first, last: error_answer(
        412, 'PreconditionFailed'),
    'other whole': lambda data, headers, first, last: answer(
        200, data, {'ETag': '"v2"'}),
    'shorter whole': lambda data, headers, first, last: answer(
        200, data[:-5], headers),
    'other start': lambda data, headers, first, last: piece_of(
        data, headers, first + 1, last),
    'other end': lambda data, headers, first, last: piece_of(
        data, headers, first, last - 1, total=last + 5),
    'more than asked': lambda data, headers, first, last: piece_of(
        data + b'more', headers, first, last + 4),
    'a shorter object': lambda data, headers, first, last: piece_of(
        data, headers, first, last - 5, total=last - 4),
    'no Content-Range': lambda data, headers, first, last: answer(
        206, data[first:last + 1], headers),
    'less than said': lambda data, headers, first, last: piece_of(
        data, headers, first, last - 1, last=last, total=last + 1),
    'more than said': lambda data, headers, first, last: piece_of(
        data + b'more', headers, first, last + 4, last=last, total=last + 1),
    'less than said, in chunks': lambda data, headers, first, last: in_chunks(
        piece_of(data, headers, first, last - 1, last=last, total=last + 1)),
}
each_other = each('other', sorted(OTHERS))


def answered_by(other, data, breaks=lambda first, raw: raw):
    """Answer ranges by another than the right answer."""
    def spoil(first, raw):
        if first is None:
            return breaks(first, raw)
        return OTHERS[other](data, {'ETag': '"v1"'}, first, len(data) - 1)
    return spoil


@each_stream
@each_other
def test_a_resume_by_something_else_is_refused(other, read):
    with stored(BIG, answered_by(other, BIG, cut(1000))) as (conn, _):
        with pytest.raises(tinys3.IntegrityError, match='GET s3://bucket/k'):
            READS[read](conn)


def test_an_object_overwritten_meanwhile_is_refused():
    def overwrite(first, raw):
        store.headers['ETag'] = '"v2"'
        return broken_at(raw, 1000)
    with stored(BIG, overwrite) as (conn, store):
        with pytest.raises(tinys3.IntegrityError, match='changed'):
            brought(conn)
    assert len(store.asked) == 2


# -- in ranges

def test_a_large_object_comes_in_ranges_of_one_version():
    with stored(HUGE) as (conn, store):
        assert brought(conn) == HUGE
    assert store.ranges() == ['all'] + sorted(
        'bytes=%d-%d' % (at, min(at + PART, len(HUGE)) - 1)
        for at in (PART, 2 * PART, 3 * PART))
    assert {asked.headers.get('if-match') for asked in store.asked} == {
        None, '"v1"'}


@each('headers', [{'Accept-Ranges': None}, {'Accept-Ranges': 'none'},
                  {'ETag': None},
                  {'x-amz-checksum-sha256': base64_of('sha256', TWO)}])
def test_what_cannot_be_divided_comes_in_one_stream(headers):
    with stored(TWO, headers=headers) as (conn, store):
        assert brought(conn) == TWO
    assert store.ranges() == ['all']


def test_what_one_part_holds_comes_in_one_stream():
    with stored(TWO[:PART]) as (conn, store):
        brought(conn)
    assert store.ranges() == ['all']


def test_part_of_an_object_may_be_downloaded():
    with stored(BIG) as (conn, _):
        assert brought(conn, headers={'Range': 'bytes=5-99'}) == BIG[5:100]


@each_place
@each('start', [0, PART])
def test_a_range_that_breaks_off_goes_on(start, place, path):
    breaks = cut(PART - 1 if place == -1 else place, only=start)
    with stored(TWO, breaks) as (conn, store):
        conn.download('k', path)
    assert path.read_bytes() == TWO
    assert len(store.asked) == 3


@each('place', ['before the head', 0, 1000])
def test_tries_of_a_range_are_bounded(place):
    with stored(TWO, lambda first, raw: raw if first is None else broken_at(
            raw, place)) as (conn, store):
        with pytest.raises(tinys3.TransportError, match='after 3 attempts'):
            brought(conn)
    assert len(store.asked) == 1 + 3


@each_other
def test_a_range_that_is_something_else_is_refused(other, path):
    path.write_bytes(b'old')
    with stored(TWO, answered_by(other, TWO)) as (conn, _):
        with pytest.raises(tinys3.IntegrityError, match='GET s3://bucket/k'):
            conn.download('k', path)
    assert path.read_bytes() == b'old'


def test_a_range_that_is_short_holds_up_no_later_one():
    def short(first, raw):
        return raw if first != PART else piece_of(
            HUGE, {'ETag': '"v1"'}, PART, 2 * PART - 6, total=2 * PART - 5)
    with stored(HUGE, short) as (conn, _):
        with pytest.raises(tinys3.IntegrityError, match='changed'):
            brought(conn)


def test_of_the_whole_in_place_of_a_range_the_beginning_is_skipped():
    with stored(TWO, lambda first, raw: answer(200, TWO, {'ETag': '"v1"'})
                if first else raw) as (conn, _):
        assert brought(conn) == TWO


def test_ranges_of_an_object_overwritten_meanwhile_are_refused(path):
    def overwrite(first, raw):
        store.headers['ETag'] = '"v2"'
        return raw
    with stored(HUGE, overwrite) as (conn, store):
        with pytest.raises(tinys3.IntegrityError, match='changed'):
            conn.download('k', path)
    assert os.listdir(str(path.parent)) == []


def storm(times):
    """Answer each range so often that it is too much."""
    seen, lock = collections.Counter(), threading.Lock()

    def spoil(first, raw):
        with lock:
            seen[first] += 1
            busy = first is not None and seen[first] <= times
        return error_answer(503, 'SlowDown') if busy else raw
    return spoil


def test_a_storm_over_the_ranges_is_waited_for(path):
    with stored(HUGE, storm(2)) as (conn, store):
        conn.download('k', path)
    assert path.read_bytes() == HUGE
    assert (len(store.asked), len(conn.naps)) == (1 + 3 * 3, 3 * 2)


def test_a_storm_that_lasts_ends_the_download(path):
    with stored(HUGE, storm(99), part_threads=1) as (conn, store):
        with pytest.raises(tinys3.ResponseError) as caught:
            conn.download('k', path)
    assert caught.value.status_code == 503
    assert len(store.asked) <= 1 + 3 * 3


@each('name', ['x-amz-server-side-encryption-customer-algorithm',
               'x-amz-server-side-encryption-customer-key',
               'x-amz-server-side-encryption-customer-key-MD5',
               'x-amz-request-payer'])
def test_headers_of_a_download_reach_every_range(name):
    with stored(HUGE) as (conn, store):
        brought(conn, headers={name: 'value'}, version_id='7')
    assert [asked.headers.get(name.lower()) for asked in store.asked] == [
        'value'] * 4
    assert {asked.target for asked in store.asked} == {
        '/bucket/k?versionId=7'}


def test_conditions_of_the_caller_are_for_the_first_answer_only():
    with stored(TWO) as (conn, store):
        brought(conn, headers={'If-None-Match': '"v0"', 'If-Match': '"v1"'})
    assert [sorted(name for name in asked.headers if name.startswith('if-'))
            for asked in store.asked] == [['if-match', 'if-none-match'],
                                          ['if-match']]


def test_a_refused_condition_is_that_error(path):
    with stored(TWO) as (conn, store):
        with pytest.raises(tinys3.PreconditionFailed):
            conn.download('k', path, headers={'If-Match': '"v0"'})
    assert len(store.asked) == 1


# -- checksums

each_whole = each('data', [BIG, TWO], ids=['one stream', 'two ranges'])


@each_whole
@each('name', ['crc32', 'sha1', 'sha256'])
def test_a_download_that_matches_its_checksum_is_kept(name, data):
    headers = {'x-amz-checksum-' + name: base64_of(name, data)}
    with stored(data, headers=headers) as (conn, store):
        assert brought(conn) == data
    assert len(store.asked) == (2 if (data, name) == (TWO, 'crc32') else 1)


@each_whole
@each('name', ['crc32', 'sha1', 'sha256'])
def test_a_download_that_is_not_what_was_stored_is_refused(name, data, path):
    path.write_bytes(b'old')
    headers = {'x-amz-checksum-' + name: base64_of(name, data + b'!')}
    with stored(data, headers=headers) as (conn, _):
        with pytest.raises(tinys3.IntegrityError, match='s3://bucket/k.*'
                           + name):
            conn.download('k', path)
    assert (os.listdir(str(path.parent)), path.read_bytes()) == (
        ['file'], b'old')


@each_whole
@each('headers', [{'x-amz-checksum-crc32': 'AAAAAA==-2'},
                  {'x-amz-checksum-sha256': 'AAAAAA==-2'},
                  {'x-amz-checksum-crc64nvme': 'AAAAAAAAAAA='},
                  {'x-amz-checksum-crc32': 'AAAAAA==',
                   'x-amz-checksum-type': 'COMPOSITE'}])
def test_a_checksum_that_is_not_of_the_whole_is_not_compared(headers, data):
    with stored(data, headers=headers) as (conn, _):
        assert brought(conn) == data


def test_a_range_is_not_measured_by_a_checksum():
    def part_of_an_upload(first, raw):
        return raw if first is None else raw.replace(
            b'\r\n', b'\r\nx-amz-checksum-crc32: AAAAAA==\r\n', 1)
    with stored(TWO, part_of_an_upload) as (conn, _):
        assert brought(conn) == TWO


@each_stream
def test_a_checksum_is_of_what_was_resumed_too(read):
    headers = {'x-amz-checksum-crc32': base64_of('crc32', BIG)}
    with stored(BIG, cut(1000), headers) as (conn, _):
        assert READS[read](conn) == BIG


@each_stream
def test_a_resume_by_other_bytes_does_not_match(read):
    def other(first, raw):
        return broken_at(raw, 1000) if first is None else raw[:-1] + b'?'
    headers = {'x-amz-checksum-crc32': base64_of('crc32', BIG)}
    with stored(BIG, other, headers, retry=2) as (conn, _):
        with pytest.raises(tinys3.IntegrityError, match='crc32'):
            READS[read](conn)


def test_content_that_stays_spoilt_is_fetched_twice_only():
    with stored(BIG, headers={'x-amz-checksum-crc32': 'AAAAAA=='},
                retry=5) as (conn, store):
        with pytest.raises(tinys3.IntegrityError, match='crc32'):
            conn.get('k')
    assert len(store.asked) == 2


@pytest.fixture(params=['path', 'file', 'memory'])
def sink(request, tmp_path):
    """Return a place for a download, and how to read what came."""
    path = tmp_path / 'sink'
    path.write_bytes(b'old')
    if request.param == 'path':
        yield str(path), path.read_bytes
        assert os.listdir(str(tmp_path)) == ['sink']
    elif request.param == 'file':
        with open(str(path), 'r+b') as file:
            file.seek(3)
            yield file, lambda: file.flush() or path.read_bytes()[3:]
    else:
        file = io.BytesIO()
        yield file, file.getvalue


@each_whole
def test_a_download_that_came_spoilt_is_fetched_again(data, sink):
    spoils = [b'?']

    def spoil(first, raw):
        if spoils and (first or 0) == (len(data) - 1) // PART * PART:
            return raw[:-1] + spoils.pop()
        return raw
    steps, headers = Steps(), {
        'x-amz-checksum-crc32': base64_of('crc32', data)}
    with stored(data, spoil, headers) as (conn, _):
        conn.download('k', sink[0], progress=steps)
    assert sink[1]() == data and not spoils
    assert (sum(steps.news), steps.wrong) == (len(data), [])


@each_whole
def test_a_download_that_was_resumed_and_came_spoilt_is_fetched_whole(
        data, sink):
    spoils = [1]

    def spoil(first, raw):
        if first in (None, 0) and spoils:
            spoils.clear()
            end = raw.index(b'\r\n\r\n') + 4
            return raw[:end] + b'?' * 1000
        return raw
    headers = {'x-amz-checksum-crc32': base64_of('crc32', data)}
    with stored(data, spoil, headers) as (conn, _):
        conn.download('k', sink[0])
    assert sink[1]() == data


def test_a_download_that_came_spoilt_leaves_nothing_behind_a_shorter(sink):
    def shorten(first, raw):
        store.data = b'new'
        store.headers.update({
            'x-amz-checksum-crc32': base64_of('crc32', b'new')})
        return raw
    with stored(BIG, shorten, {'x-amz-checksum-crc32': 'AAAAAA=='}) as (
            conn, store):
        conn.download('k', sink[0])
    assert sink[1]() == b'new'


def test_a_download_that_came_spoilt_leaves_what_was_behind_it(tmp_path):
    def shorten(first, raw):
        store.data = b'new'
        store.headers.pop('x-amz-checksum-crc32', None)
        return raw
    with open(str(tmp_path / 'file'), 'w+b') as file:
        file.write(bytes(len(BIG)) + b'mine')
        file.seek(0)
        with stored(BIG, shorten, {'x-amz-checksum-crc32': 'AAAAAA=='}) as (
                conn, store):
            conn.download('k', file)
        assert file.tell() == 3
        file.seek(-4, os.SEEK_END)
        assert file.read() == b'mine'


@each('headers', [{}, {'Range': 'bytes=0-3'}, {'Range': 'bytes=5-8'}])
def test_a_part_that_nobody_asked_for_is_no_download(headers, path):
    part = answer(206, b'tail', {
        'Content-Range': 'bytes 4-7/8', 'ETag': '"e"'})
    with talk(part, retry=1) as (conn, _):
        with pytest.raises(tinys3.IntegrityError, match='unasked'):
            conn.download('k', path, headers=headers)
    assert os.listdir(str(path.parent)) == []


@each('asked', ['bytes=4-7', 'bytes=4-', 'bytes=-4'])
def test_a_part_that_was_asked_for_is_a_download(asked, path):
    part = answer(206, b'tail', {
        'Content-Range': 'bytes 4-7/8', 'ETag': '"e"'})
    with talk(part) as (conn, _):
        conn.download('k', path, headers={'Range': asked})
    assert path.read_bytes() == b'tail'
@each('call', [lambda conn, path: conn.download('k', path),
               lambda conn, path: conn.get('k'),
               lambda conn, path: conn.get('k', stream=True).read()])
@each('came', [answer(206, b'tail', {
    'Content-Range': 'bytes 4-7/8', 'ETag': '"e"'}),
    answer(204, length=False), answer(202, b'soon')])
def test_what_is_not_the_whole_object_is_none(call, came, path):
    with talk(came, retry=1) as (conn, _):
        with pytest.raises(tinys3.IntegrityError, match='unasked'):
            call(conn, path)
    assert os.listdir(str(path.parent)) == []


def test_a_part_by_its_number_may_come():
    with talk(answer(206, b'part', {'Content-Range': 'bytes 4-7/8'})) as (
            conn, _):
        assert conn.request('GET', 'k', query={
            'partNumber': 2}).content == b'part'


class Sips(io.BytesIO):
    """Takes a thousand bytes at a time, as a full pipe may."""

    def write(self, data):
        return super().write(data[:1000])


def test_a_sink_may_take_fewer_bytes_than_it_is_given():
    sink = Sips()
    with stored(BIG) as (conn, _):
        conn.download('k', sink)
    assert sink.getvalue() == BIG


@pytest.mark.skipif(not os.path.exists('/proc/self/environ'),
                    reason='there is no /proc')
def test_an_open_file_that_tells_no_size_is_read_to_its_end():
    with open('/proc/self/environ', 'rb') as file:
        whole = file.read()
        assert only_request(
            lambda conn: conn.upload('k', file)).body == whole
    assert whole


def test_a_stream_that_is_read_by_its_length_is_verified():
    with stored(BIG, headers={'x-amz-checksum-crc32': 'AAAAAA=='},
                retry=1) as (conn, _):
        with conn.get('k', stream=True) as response:
            with pytest.raises(tinys3.IntegrityError, match='crc32'):
                response.read(len(BIG))


def test_a_secret_that_an_answer_gives_back_is_blotted_out():
    def echo(sock, asked):
        sock.sendall(answer(400, repr(sorted(
            asked.headers.items())).encode(), {'Content-Type': 'text/plain'}))
        return True
    with talk(echo, retry=1, credentials=lambda: tinys3.Credentials(
            ACCESS, SECRET, 'hunter2token')) as (conn, script):
        with pytest.raises(tinys3.ResponseError) as caught:
            conn.get('k', headers={
                'x-amz-' + CUSTOMER + 'key': 'U0VDUkVU'})
    signature = script.requests[0].headers['authorization'].rpartition('=')[2]
    told = str(caught.value) + caught.value.response.text
    assert 'x-amz-security-token' in told and CUSTOMER in told
    assert not [secret for secret in ('hunter2token', signature, 'U0VDUkVU')
                if secret in told]


@each('port', [0, 65536, 99999])
def test_a_port_that_cannot_be_is_refused(port):
    with pytest.raises(ValueError, match='the port must be'):
        tinys3.Connection(ACCESS, SECRET, endpoint='localhost:%d' % port)


def test_keys_that_expired_at_the_epoch_have_expired():
    with talk(credentials=lambda: tinys3.Credentials(
            ACCESS, SECRET, expires_at=0)) as (conn, _):
        with pytest.raises(tinys3.CredentialsError, match='expired'):
            conn.get('k')


@pytest.mark.skipif(not hasattr(gc, 'set_debug'),
                    reason='all waits for the collector here')
def test_a_failed_connect_leaves_no_cycle():
    conn = tinys3.Connection(ACCESS, SECRET, 'bucket', retry=1,
                             endpoint='http://127.0.0.1:%d' % free_port())
    gc.collect()
    gc.disable()
    try:
        with contextlib.suppress(tinys3.TransportError):
            conn.upload('k', b'data')
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        left = [each for each in gc.garbage if inspect.isframe(each)
                and each.f_code.co_filename == tinys3.__file__]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert left == []


def test_a_download_that_stays_spoilt_is_fetched_twice(sink):
    with stored(BIG, headers={'x-amz-checksum-crc32': 'AAAAAA=='},
                retry=5) as (conn, store):
        with pytest.raises(tinys3.IntegrityError, match='crc32'):
            conn.download('k', sink[0])
    assert len(store.asked) == 2
    if isinstance(sink[0], str):
        assert sink[1]() == b'old'


def test_what_went_into_a_pipe_is_not_sent_twice():
    sink = OnlyWrite()
    with stored(BIG, headers={'x-amz-checksum-crc32': 'AAAAAA=='},
                retry=5) as (conn, store):
        with pytest.raises(tinys3.IntegrityError, match='crc32'):
            conn.download('k', sink)
    assert len(store.asked) == 1 and BIG.startswith(b''.join(sink.came))


@pytest.fixture
def windows(monkeypatch):
    """Let files be held by others, as on Windows, some times."""
    def hold(times):
        left, move = [None] * times, os.replace

        def replace(source, target):
            if left:
                left.pop()
                raise PermissionError(13, 'it is used by another process')
            move(source, target)
        naps = []
        monkeypatch.setattr(os, 'replace', replace)
        monkeypatch.setattr(time, 'sleep', naps.append)
        monkeypatch.setattr(os, 'name', 'nt')
        return naps
    yield hold
    monkeypatch.undo()      # or others would take this for Windows


@each('times, naps', [(0, 0), (2, 2), (3, 3)])
def test_a_file_that_another_holds_is_waited_for(times, naps, windows,
                                                  tmp_path):
    with stored(BIG) as (conn, _):
        slept = windows(times)
        conn.download('k', str(tmp_path / 'file'))
        assert len(slept) == naps
    assert (tmp_path / 'file').read_bytes() == BIG


def test_a_file_that_another_keeps_is_an_error(windows, tmp_path):
    with stored(BIG) as (conn, _):
        windows(4)
        with pytest.raises(PermissionError):
            conn.download('k', str(tmp_path / 'file'))
    assert os.listdir(str(tmp_path)) == []


# -- progress

@each_whole
def test_progress_counts_what_was_resumed_once(data):
    steps = Steps()
    with stored(data, cut(1000)) as (conn, _):
        brought(conn, progress=steps)
    assert (sum(steps.news), steps.wrong) == (len(data), [])


@each('times', [1, 3])
def test_progress_over_ranges_is_from_one_thread_at_a_time(times):
    steps = Steps()
    with stored(HUGE, storm(times), retry=5) as (conn, _):
        brought(conn, progress=steps)
    assert (sum(steps.news), steps.wrong) == (len(HUGE), [])


@each('tls', [False, True])
def test_a_range_that_does_not_come_holds_no_failure_up(
        tls, certificates, path):
    over, stalled = threading.Event(), threading.Event()

    def spoil(first, right):
        if first is None:
            return right
        head, stop, _ = right.partition(b'\r\n\r\n')
        return stall(head + stop)

    def stall(begun):
        yield begun
        stalled.set()
        over.wait(20)

    def report(news):
        stalled.wait(20)
        raise RuntimeError('enough')
    with Script(tls=certificates.good if tls else None) as script:
        conn = on_shelf(script, HUGE, spoil, timeout=60,
                        **{'ca_bundle': certificates.ca} if tls else {})
        begun = time.monotonic()
        with pytest.raises(RuntimeError):
            conn.download('k', str(path), progress=report)
        took = time.monotonic() - begun
        over.set()
    assert took < 10


def live_channels():
    gc.collect()
    return sum(type(thing) is tinys3._Channel for thing in gc.get_objects())


def test_no_connection_is_cut_off_that_serves_another_by_now(monkeypatch):
    stop, cut = tinys3._Stop(), []
    pairs = [socket.socketpair() for _ in range(2)]
    channels = [tinys3._Channel(pair[0]) for pair in pairs]
    for channel in channels:
        stop.take(channel)
    # The other one has its answer just now, and is given back.
    leaving = [threading.Thread(target=each_one.leave)
               for each_one in channels]

    def shutdown(sock, how):
        mine = [channel.sock for channel in channels].index(sock)
        cut.append(channels[mine].stop)
        if len(cut) == 1:
            leaving[1 - mine].start()
            leaving[1 - mine].join(0.3)
    monkeypatch.setattr(socket.socket, 'shutdown', shutdown)
    stop.cut()
    wait_until(lambda: len(stop.channels) == 1)
    for sock in itertools.chain(*pairs):
        sock.close()
    assert cut == [stop, stop]


def test_connections_that_broke_off_are_forgotten_at_once(tmp_path):
    for number in range(30):
        (tmp_path / ('%d' % number)).write_bytes(b'x')
    news, before = [], live_channels()
    late = []

    def count(size):
        news.append(size)
        if len(news) == 30:
            late.append(live_channels() - before)
    listing = answer(body=b'<ListBucketResult></ListBucketResult>')
    with Script(listing, *[None, answer()] * 60) as script:
        scripted(script, part_threads=1, retry=9).upload_dir(
            str(tmp_path), progress=count)
    assert late and late[0] < 10


# -- what fails leaves nothing

def jobs():
    """Return the threads that carry parts, or may do so."""
    return [thread for thread in threading.enumerate() if not thread.daemon]


@contextlib.contextmanager
def nothing_left(path):
    """Check that the old file, and only that, is there afterwards, that no
    thread goes on, and no socket stays open."""
    path.write_bytes(b'old')
    threads = jobs()
    with Script() as script:
        yield script
        for client in script.clients:
            client.close()
        wait_until(lambda: not script._open)
    assert (os.listdir(str(path.parent)), path.read_bytes()) == (
        ['file'], b'old')
    assert jobs() == threads


class Refuses(OnlyWrite):
    """A sink that takes so many writes, then raises."""

    def __init__(self, error, most):
        super().__init__()
        self._error, self._most = error, most

    def write(self, data):
        if len(self.came) >= self._most:
            raise self._error
        super().write(data)

    __call__ = write                # progress may do the same


def on_shelf(script, data, spoil=None, **more):
    """Put an object onto a script; return a Connection to it."""
    script.answers.extend([Store(data, spoil)] * 100)
    options = dict(part_size=PART, retry=2)
    options.update(more)
    return scripted(script, **options)


@each_whole
@each('most', [0, 1])
@each('error', [OSError(28, 'full'), RuntimeError('no'), KeyError('k'),
                ConnectionResetError('nfs'), KeyboardInterrupt(),
                tinys3.IntegrityError('of another object')])
def test_what_a_sink_raises_comes_out_as_it_is(error, most, data, path):
    said = str(error)
    with nothing_left(path) as script:
        conn = on_shelf(script, data)
        with pytest.raises(type(error)) as caught:
            conn.download('k', Refuses(error, most))
        assert caught.value is error and str(error) == said


@each_whole
@each('most', [0, 1])
@each('error', [KeyError('enough'), OSError('no'), KeyboardInterrupt(),
                tinys3.TransportError('no')])
def test_what_progress_raises_ends_the_download(error, most, data, path):
    report = Refuses(error, most)
    with nothing_left(path) as script:
        conn = on_shelf(script, data)
        with pytest.raises(type(error)) as caught:
            conn.download('k', path, progress=lambda news: report(
                b'%d' % news))
        assert caught.value is error


@each_whole
@each('place', ['before the head', 'in the head', 0, 1000])
def test_a_download_that_breaks_off_leaves_nothing(place, data, path):
    with nothing_left(path) as script:
        conn = on_shelf(script, data, cut(place, 99))
        with pytest.raises(tinys3.TransportError):
            conn.download('k', path)


@each_whole
def test_a_download_that_is_forbidden_leaves_nothing(data, path):
    with nothing_left(path) as script:
        conn = on_shelf(script, data, lambda first, raw: error_answer(
            403, 'AccessDenied'))
        with pytest.raises(tinys3.AccessDenied):
            conn.download('k', path)


@each_whole
def test_an_interrupted_wait_leaves_nothing(data, path):
    def interrupt(seconds):
        raise KeyboardInterrupt
    with nothing_left(path) as script:
        conn = on_shelf(script, data, cut(1000, 99))
        conn._sleep = interrupt
        with pytest.raises(KeyboardInterrupt):
            conn.download('k', path)


@each_whole
@each('name, error', [
    ('nowhere/file', FileNotFoundError), ('file/file', OSError),
    ('', IsADirectoryError), ('.', IsADirectoryError),
    ('nowhere/', IsADirectoryError)])
def test_a_place_that_cannot_be_is_refused_at_once(name, error, data, path):
    with nothing_left(path) as script:
        conn = on_shelf(script, data)
        with pytest.raises(error):
            conn.download('k', os.path.join(str(path.parent), name))
        assert script.requests == []


@pytest.mark.skipif(os.name == 'nt' or not os.getuid(),
                    reason='root may write anywhere')
def test_a_folder_that_is_not_ours_is_the_error_it_is(path):
    os.chmod(str(path.parent), 0o500)
    with stored(BIG) as (conn, _):
        with pytest.raises(PermissionError):
            conn.download('k', path)
    os.chmod(str(path.parent), 0o700)


def device(name):
    return pytest.mark.skipif(not os.path.exists(name),
                              reason='there is no ' + name)


@device('/dev/full')
@each_whole
@each('wrap', [str, lambda name: open(name, 'wb', 0)], ids=['path', 'file'])
def test_a_full_disk_is_the_error_it_is(wrap, data, path):
    with nothing_left(path) as script:
        conn, sink = on_shelf(script, data), wrap('/dev/full')
        with pytest.raises(OSError) as caught:
            conn.download('k', sink)
        assert caught.value.errno == errno.ENOSPC
        getattr(sink, 'close', int)()


@device('/dev/null')
@each_whole
def test_a_device_is_written_to_and_stays(data):
    with stored(data) as (conn, _):
        assert conn.download('k', '/dev/null').ok
    assert not os.path.isfile('/dev/null')


@each('make', [
    io.StringIO, lambda: io.TextIOWrapper(io.BytesIO()), lambda: b'name',
    lambda: 1, lambda: None, lambda: [], object, lambda: bytearray(5)])
def test_what_is_no_sink_is_refused_at_once(make):
    with talk() as (conn, script):
        with pytest.raises(TypeError, match='binary'):
            conn.download('k', make())
    assert script.requests == []


def read_only(path):
    path.write_bytes(b'')
    return open(str(path), 'rb')


def closed_file(path):
    file = io.BytesIO()
    file.close()
    return file


@each('make, error', [
    (lambda path: tempfile.NamedTemporaryFile('w'), TypeError),
    (lambda path: tempfile.SpooledTemporaryFile(mode='w'), TypeError),
    (lambda path: codecs.StreamReaderWriter(
        io.BytesIO(), *codecs.lookup('utf-8')[2:]), TypeError),
    (read_only, TypeError), (closed_file, ValueError)],
    ids=['temporary', 'spooled', 'codec', 'read only', 'closed'])
def test_a_file_that_takes_no_bytes_is_refused_at_once(make, error, path):
    with talk() as (conn, script):
        with contextlib.closing(make(path)) as file:
            with pytest.raises(error):
                conn.download('k', file)
    assert script.requests == []


def test_progress_must_be_callable(path):
    with talk() as (conn, script):
        with pytest.raises(TypeError, match='progress'):
            conn.download('k', path, progress=5)
    assert script.requests == []


@each_whole
@pytest.mark.skipif(os.name == 'nt', reason='needs modes')
def test_the_mode_of_the_old_file_is_kept(data, path):
    path.write_bytes(b'old')
    os.chmod(str(path), 0o604)
    with stored(data) as (conn, _):
        conn.download('k', path)
    assert path.stat().st_mode & 0o777 == 0o604
    assert (path.read_bytes(), path.stat().st_mtime) == (data, NOW)


@pytest.mark.skipif(os.name == 'nt', reason='needs modes')
def test_the_mode_of_a_new_file_is_that_of_any_other(path):
    (path.parent / 'other').write_bytes(b'')
    with stored(BIG) as (conn, _):
        conn.download('k', path)
    assert path.stat().st_mode == (path.parent / 'other').stat().st_mode


@each_whole
@each('old', [b'old', None], ids=['', 'dangling'])
@pytest.mark.skipif(os.name == 'nt', reason='needs links')
def test_a_link_is_written_through(old, data, path):
    (path.parent / 'folder').mkdir()
    target = path.parent / 'folder' / 'target'
    if old is not None:
        target.write_bytes(old)
    path.symlink_to(target)
    with stored(data) as (conn, _):
        conn.download('k', path)
    assert path.is_symlink() and target.read_bytes() == data
    assert os.listdir(str(target.parent)) == ['target']


@each('modified', [None, 'yesterday', 'Fri, 99 Foo 2013 00:00:00 GMT'])
def test_a_time_that_cannot_be_read_is_left_out(modified, path):
    with stored(BIG, headers={'Last-Modified': modified}) as (conn, _):
        conn.download('k', path)
    assert path.read_bytes() == BIG and path.stat().st_mtime > NOW


DOWNLOADER = '''
import sys
sys.path.insert(0, %r)
import tinys3
conn = tinys3.Connection(%r, %r, 'bucket', endpoint=sys.argv[1],
                         region='us-east-1', part_size=%d)
conn.download('k', sys.argv[2])
''' % (HERE, ACCESS, SECRET, PART)


@each_whole
@each('old', [[], [b'old']], ids=['new', 'old'])
def test_a_process_that_is_killed_leaves_no_half_file(old, data, path):
    gate = threading.Event()

    def slowly(first, raw):
        yield raw[:len(raw) // 2]
        gate.wait(30)
    for content in old:
        path.write_bytes(content)
    with Script(*[Store(data, slowly)] * 9) as script:
        process = subprocess.Popen([sys.executable, '-c', DOWNLOADER,
                                    script.endpoint, str(path)])
        wait_until(lambda: len(os.listdir(str(path.parent))) > len(old))
        process.kill()
        process.wait()
        gate.set()
    assert [path.read_bytes() for _ in range(path.exists())] == old


# -- order, threads

@each('kind', ['only write', 'pipe', 'raw pipe'])
def test_what_has_no_positions_gets_one_stream(kind, path):
    sink, came = SINKS[kind](path)
    with stored(HUGE) as (conn, store):
        conn.download('k', sink)
        assert came() == HUGE and len(store.asked) == 1


def test_a_file_that_appends_gets_one_stream_behind_what_it_has(path):
    path.write_bytes(b'old')
    with stored(HUGE) as (conn, store), open(str(path), 'ab') as file:
        conn.download('k', file)
        assert len(store.asked) == 1
    assert path.read_bytes() == b'old' + HUGE


def test_a_file_is_written_from_where_it_is_and_left_behind_it(path):
    path.write_bytes(b'old')
    with stored(HUGE) as (conn, store), open(str(path), 'r+b') as file:
        file.seek(2)
        conn.download('k', file)
        file.write(b'more')
        assert len(store.asked) == 4
    assert path.read_bytes() == b'ol' + HUGE + b'more'


def test_a_sink_may_be_an_upload_of_the_same_connection(server, bucket):
    with connect(server, default_bucket=bucket, part_size=PART,
                 part_threads=1) as conn:
        conn.upload('a', HUGE)
        with conn.open('b', 'wb') as file:
            conn.download('a', file)
        assert conn.get('b').content == HUGE


@each('kind', ['str path', 'PathLike', 'file', 'raw file', 'BytesIO'])
def test_a_later_range_may_be_faster(kind, path):
    gate = threading.Event()

    def overtake(first, raw):
        yield raw[:5000]
        assert first or gate.wait(30)
        yield raw[5000:]
        gate.set()
    sink, came = SINKS[kind](path)
    with stored(HUGE[:PART + 40000], overtake) as (conn, _):
        conn.download('k', sink)
    assert came() == HUGE[:PART + 40000]


@each('threads', [1, 2, 4])
def test_downloads_share_the_threads_of_a_connection(threads):
    with stored(HUGE, part_threads=threads) as (conn, store):
        with concurrent.futures.ThreadPoolExecutor(2) as executor:
            came = list(executor.map(
                lambda _: brought(conn), range(2), timeout=60))
    assert came == [HUGE, HUGE] and len(store.asked) == 8


@each('threads', [1, 2])
def test_ten_downloads_in_a_pool_of_two(threads, path):
    names = [str(path) + str(number) for number in range(10)]
    with Script(*[Store(TWO)] * 100) as script:
        with pooled(script, 2, part_size=PART, part_threads=threads) as pool:
            pool.all_completed([pool.download('k', name, 'bucket')
                                for name in names], 60)
    for name in names:
        with open(name, 'rb') as file:
            assert file.read() == TWO


@each('threads', [1, 3])
def test_ranges_come_as_many_at_a_time_as_there_are_threads(threads):
    gate = threading.Event()

    def hold(first, raw):
        yield raw[:1000]
        gate.wait(30)
        yield raw[1000:]
    with stored(HUGE, hold, part_threads=threads) as (conn, store):
        with concurrent.futures.ThreadPoolExecutor(1) as executor:
            future = executor.submit(brought, conn)
            wait_until(lambda: len(store.asked) >= threads)
            time.sleep(0.1)
            asked = len(store.asked)
            gate.set()
            assert future.result(60) == HUGE
    assert asked == threads

# Files: open
# ---------------------------------------------------------------------------

SIZES = [0, 1, PART - 1, PART, PART + 1, 3 * PART + 17]


@pytest.fixture
def files(server, shared_bucket):
    """A Connection whose files are sent in the smallest parts."""
    with connect(server, default_bucket=shared_bucket,
                 part_size=PART) as made:
        yield made


class Stored(object):
    """An object to read by ranges, as an answer of a Script: bytes, or what
    can be sliced like them. `ranges` are those asked for; it may change,
    and may not `heed` If-Match."""

    def __init__(self, data, heed=True):
        self.data, self.heed, self.etag = data, heed, '"1"'
        self.asked, self.ranges, self.sent = [], [], 0

    def change(self, data):
        self.data, self.etag = data, '"2"'

    def __call__(self, sock, asked):
        self.asked.append(asked)
        sock.sendall(self._answer(asked))
        return True

    def _answer(self, asked):
        headers = {'ETag': self.etag}
        if asked.headers.get('if-match', self.etag) != self.etag and (
                self.heed):
            return error_answer(412, 'PreconditionFailed')
        if asked.method == 'HEAD':
            return answer(headers=headers, length=len(self.data))
        first, last = map(int, re.match(
            r'bytes=(\d+)-(\d+)$', asked.headers['range']).groups())
        if first >= len(self.data):
            return error_answer(416, 'InvalidRange')
        body = self.data[first:last + 1]
        self.ranges.append((first, last))
        self.sent += len(body)
        return answer(206, body, dict(headers, **{
            'Content-Range': 'bytes %d-%d/%d' % (
                first, first + len(body) - 1, len(self.data))}))


@contextlib.contextmanager
def shelved(data, heed=True, **more):
    """Lend a Connection to an object that is read by ranges."""
    thing = Stored(data, heed)
    with talk(*[thing] * 200, retry=1, part_size=PART, **more) as (conn, _):
        yield conn, thing


@each('size', SIZES)
def test_a_file_has_what_was_written_to_it(files, key, size):
    with files.open(key, 'wb') as file:
        for start in range(0, size, 1000003):
            file.write(HUGE[start:min(start + 1000003, size)])
    with files.open(key) as file:
        assert file.read() == HUGE[:size]
    assert files.get(key).content == HUGE[:size]


def test_a_pool_opens_at_once(server, shared_bucket, key):
    with tinys3.Pool(server.access, server.secret, shared_bucket,
                     endpoint=server.endpoint, region=server.region,
                     part_size=PART) as pool:
        with pool.open(key, 'wb') as file:
            file.write(HUGE)
        with pool.open(key, 'rb') as file:
            assert file.read() == HUGE


def test_a_file_seeks_and_reads_like_any_other(conn, key):
    data, chance = HUGE[:200000], random.Random(7)
    conn.upload(key, data)
    mine = io.BytesIO(data)
    with conn.open(key) as file:
        for _ in range(200):
            whence = chance.randrange(3)
            offset = chance.randrange(200000) - 200000 * (whence == 2)
            offset = max(offset - 100000 * (whence == 1), -mine.tell()
                         if whence == 1 else offset - 100000)
            size = chance.choice((0, 1, 7, 5000, 70000, 300000))
            assert file.seek(offset, whence) == mine.seek(offset, whence)
            assert file.read(size) == mine.read(size)
            assert file.tell() == mine.tell()


def test_a_file_tells_what_it_can_do():
    with shelved(b'abc') as (conn, _), conn.open('k') as file:
        assert (file.readable(), file.seekable(), file.writable()) == (
            True, True, False)
        assert (file.mode, file.name, file.tell()) == ('rb', 'k', 0)
        with pytest.raises(io.UnsupportedOperation):
            file.write(b'x')
    assert file.closed


@each('offset, whence', [(-1, 0), (-4, 1), (-4, 2), (0, 3), (0, -1)])
def test_a_place_before_the_file_or_from_nowhere_is_refused(offset, whence):
    with shelved(b'abc') as (conn, _), conn.open('k') as file:
        with pytest.raises(ValueError):
            file.seek(offset, whence)
        assert file.read() == b'abc'


@each('place', [3, 4, 10 ** 15])
def test_there_is_nothing_beyond_the_end(place):
    with shelved(b'abc') as (conn, thing), conn.open('k') as file:
        assert file.seek(place) == place
        assert (file.read(), file.read(5), file.readline()) == (b'',) * 3
        assert file.readinto(bytearray(9)) == 0
    assert thing.ranges == []


def test_nothing_is_fetched_to_read_nothing():
    with shelved(b'abc') as (conn, thing), conn.open('k') as file:
        assert (file.read(0), file.readinto(bytearray())) == (b'', 0)
    assert [asked.method for asked in thing.asked] == ['HEAD']


def test_readinto_fills_what_it_is_given():
    with shelved(HUGE) as (conn, _), conn.open('k') as file:
        buffer = bytearray(len(HUGE) - 17)
        assert file.readinto(buffer) == len(HUGE) - 17
        assert buffer == HUGE[:-17] and file.read() == HUGE[-17:]
        file.seek(0)
        items = array.array('I', [0] * 10)
        assert file.raw.readinto(items) == 10 * items.itemsize
        assert items.tobytes() == HUGE[:10 * items.itemsize]


def test_a_closed_file_is_not_read():
    with shelved(b'abc') as (conn, _):
        with conn.open('k') as file:
            raw = file.raw
        for read in (file.read, file.raw.read, lambda: raw.readinto(
                bytearray(1)), lambda: file.seek(0)):
            with pytest.raises(ValueError):
                read()


def test_lines_are_iterated_over():
    lines = [b'%d\n' % number * 3 for number in range(50000)] + [b'end']
    data = b''.join(lines)
    with shelved(data) as (conn, _), conn.open('k') as file:
        assert file.readline() == b'0\n'
        assert list(file) == data.splitlines(True)[1:]


def test_reading_on_takes_few_ranges_that_double():
    with shelved(HUGE * 2) as (conn, thing), conn.open('k') as file:
        while file.read(10000):
            pass
    sizes = [last - first + 1 for first, last in thing.ranges]
    assert sum(sizes) == thing.sent == 2 * len(HUGE)
    assert sizes[0] <= 2 ** 19 and max(sizes) == PART and len(sizes) < 12
    assert all(later <= 2 * size for size, later in zip(sizes, sizes[1:]))


def test_a_range_after_a_jump_is_short_again():
    with shelved(HUGE) as (conn, thing), conn.open('k') as file:
        file.read(4 * 2 ** 20)
        file.seek(10 * 2 ** 20)
        file.read(1)
    first, last = thing.ranges[-1]
    assert first == 10 * 2 ** 20 and last - first < 2 ** 19


class Sparse(object):
    """A file to write, and to slice like bytes, that holds no zeros."""

    def __init__(self):
        self._pieces, self._size = [], 0

    def write(self, data):
        if data != bytes(len(data)):
            self._pieces.append((self._size, bytes(data)))
        self._size += len(data)
        return len(data)

    def flush(self):
        pass

    def __len__(self):
        return self._size

    def __getitem__(self, wanted):
        start, stop, _ = wanted.indices(self._size)
        found = bytearray(stop - start)
        for place, piece in self._pieces:
            low, high = max(place, start), min(place + len(piece), stop)
            if low < high:
                found[low - start:high - start] = piece[
                    low - place:high - place]
        return bytes(found)


def test_one_member_of_a_zip_of_a_gib_is_fetched_alone():
    big, member = Sparse(), os.urandom(2 ** 20)
    with zipfile.ZipFile(big, 'w') as made:
        for number in range(1024):
            made.writestr('member-%d' % number,
                          member if number == 700 else bytes(2 ** 20))
    with shelved(big) as (conn, thing), conn.open('zip') as file:
        with zipfile.ZipFile(file) as found:
            assert found.read('member-700') == member
    assert len(big) > 2 ** 30 and thing.sent < 5 * 2 ** 20
    assert len(thing.ranges) < 10


def make_zip(file):
    names = ['member-%d' % number for number in range(200)]
    with zipfile.ZipFile(file, 'w', zipfile.ZIP_DEFLATED) as made:
        for name in names:
            made.writestr(name, name * 1000)

    def check(file):
        with zipfile.ZipFile(file) as found:
            for name in random.Random(3).sample(names, len(names)):
                assert found.read(name) == name.encode() * 1000
    return check


def make_gzip(file):
    with gzip.GzipFile(fileobj=file, mode='wb') as made:
        made.write(HUGE)

    def check(file):
        with gzip.open(file) as found:
            assert found.read() == HUGE
    return check


def make_tar(mode):
    def make(file):
        with tarfile.open(fileobj=file, mode='w' + mode) as made:
            for number in range(20):
                member = tarfile.TarInfo('m%d' % number)
                member.size = 100000 + number
                made.addfile(member, io.BytesIO(HUGE))

        def check(file):
            with tarfile.open(fileobj=file, mode='r' + mode) as found:
                assert [(member.name, found.extractfile(member).read())
                        for member in found] == [
                    ('m%d' % number, HUGE[:100000 + number])
                    for number in range(20)]
        return check
    return make


def make_pickle(file):
    thing = {'a': [1, 2, HUGE[:200000]]}
    pickle.dump(thing, file)
    pickle.dump('next', file)

    def check(file):
        assert pickle.load(file) == thing and pickle.load(file) == 'next'
    return check


def make_text(file):
    text = 'ä€\n' * 100000
    with io.TextIOWrapper(file, 'utf-8', newline='\n') as made:
        made.write(text)

    def check(file):
        with io.TextIOWrapper(file, 'utf-8') as found:
            assert found.read() == text
    return check


@each('make', [
    make_zip, make_gzip, make_tar(':'), make_tar('|'), make_tar(':gz'),
    make_pickle, make_text], ids=[
        'zipfile', 'gzip', 'tarfile', 'tar stream', 'tar.gz', 'pickle',
        'text'])
def test_other_modules_write_and_read_files(files, key, make):
    with files.open(key, 'wb') as file:
        check = make(file)
    with files.open(key, 'rb') as file:
        check(file)


def test_csv_and_json_are_read_as_they_were_written(files, key):
    rows = [['%d' % number, 'ä "quoted",\r\nline'] for number in range(999)]
    with files.open(key + '.csv', 'w') as file:
        csv.writer(file).writerows(rows)
    with files.open(key + '.csv', 'r') as file:
        file.reconfigure(newline='') if hasattr(file, 'reconfigure') else 0
        found = list(csv.reader(file))
    assert [row[0] for row in found] == [row[0] for row in rows]
    with files.open(key, 'w') as file:
        json.dump(rows, file)
    with files.open(key, 'r') as file:
        assert json.load(file) == rows


@each('encoding, data', [
    (None, '\u00e4\u20ac'.encode('utf-8')),
    ('latin-1', b'\xe4\xff'), ('utf-16', '\u00e4'.encode('utf-16'))])
def test_text_is_utf_8_unless_said_otherwise(encoding, data):
    text = data.decode(encoding or 'utf-8')
    with shelved(data) as (conn, _):
        with conn.open('k', 'r', encoding=encoding) as file:
            assert file.read() == text
    with in_parts() as (conn, parts):
        with conn.open('k', 'w', encoding=encoding) as file:
            file.write(text)
    assert parts.told['put'][0].body == data


def test_line_ends_are_read_as_one_and_written_as_they_are():
    with shelved(b'a\r\nb\rc\n') as (conn, _), conn.open('k', 'rt') as file:
        assert list(file) == ['a\n', 'b\n', 'c\n']
    with in_parts() as (conn, parts), conn.open('k', 'wt') as file:
        file.write('a\r\nb\rc\n')
        file.close()
        assert parts.told['put'][0].body == b'a\r\nb\rc\n'


@each('heed', [True, False])
@each('data', [b'y' * len(HUGE), b'y', b'', HUGE + b'y'],
      ids=['same size', 'shorter', 'empty', 'longer'])
def test_an_object_that_changes_while_it_is_open_is_told(heed, data):
    with shelved(HUGE, heed) as (conn, thing), conn.open('k') as file:
        assert file.read(1000) == HUGE[:1000]
        thing.change(data)
        with pytest.raises(tinys3.IntegrityError, match='while it was read'):
            file.read()
    assert thing.asked[-1].headers['if-match'] == '"1"'


def test_a_change_is_noticed_on_any_server(files, key):
    files.upload(key, HUGE)
    with files.open(key) as file:
        file.read(10)
        files.upload(key, HUGE[1:])
        with pytest.raises(tinys3.IntegrityError):
            file.read()


def test_a_file_of_a_server_without_ranges_is_fetched_whole():
    etag = {'ETag': '"1"'}
    with talk(answer(headers=etag, length=5), answer(body=b'01234', headers=(
            etag))) as (conn, script), conn.open('k') as file:
        file.seek(2)
        assert file.read() == b'234' and file.seek(0) == 0
        assert file.read(3) == b'012' and file.seek(4) == 4
        assert file.read() == b'4' and len(script.requests) == 2


@each('mode', ['rb', 'r'])
def test_a_missing_object_cannot_be_opened(conn, key, mode):
    with pytest.raises(tinys3.NotFound) as caught:
        conn.open(key, mode)
    assert caught.value.key == key


def test_a_part_of_a_file_that_fails_is_told_and_may_be_tried_again():
    with shelved(b'abc') as (conn, thing), conn.open('k') as file:
        thing.heed, thing.etag, right = True, '"2"', thing.etag
        with pytest.raises(tinys3.IntegrityError):
            file.read()
        thing.etag = right
        assert file.read() == b'abc'


def test_headers_go_with_head_and_get():
    sse = {'x-amz-server-side-encryption-customer-' + name: name
           for name in ('algorithm', 'key', 'key-md5')}
    with shelved(b'abc') as (conn, thing):
        with conn.open('k', headers=sse) as file:
            file.read()
    assert [asked.method for asked in thing.asked] == ['HEAD', 'GET']
    for asked in thing.asked:
        assert {name: asked.headers[name] for name in sse} == sse


def test_if_match_of_the_caller_is_for_the_opening():
    with shelved(b'abc') as (conn, thing):
        with conn.open('k', headers={'If-Match': '1'}) as file:
            assert file.read() == b'abc'
        with pytest.raises(tinys3.PreconditionFailed):
            conn.open('k', headers={'If-Match': 'other'})


@each('mode, more', [
    (mode, {}) for mode in ('', 'a', 'ab', 'x', 'r+', 'rb+', 'w+b', 'rw', 'b',
                            't', 'U', 'rbt', 'rr', 'wb ', 'R')] + [
    ('rb', {'encoding': 'utf-8'}), ('wb', {'encoding': 'utf-8'}),
    ('r', {'expires': 1}), ('rb', {'content_type': 'a/b'}),
    ('rb', {'public': True}), ('r', {'metadata': {}}),
    ('rb', {'headers': {'Range': 'bytes=0-1'}}),
    ('rb', {'headers': {'If-None-Match': '"e"'}}),
    ('r', {'headers': {'If-Modified-Since': 'then'}}),
    ('wb', {'expires': -1}), ('wb', {'headers': {'Host': 'h'}}),
    ('wb', {'metadata': {'a': 'x' * 3000}})])
def test_a_call_that_makes_no_sense_is_refused_before_a_request(mode, more):
    with talk() as (conn, script):
        with pytest.raises(ValueError):
            conn.open('k', mode, **more)
    assert script.requests == []


@each('mode', [None, 1, b'rb'])
def test_a_mode_is_text(mode):
    with talk() as (conn, script):
        with pytest.raises(TypeError):
            conn.open('k', mode)
    assert script.requests == []


@each('mode', ['rb', 'r', 'br', 'rt', 'tr', 'wb', 'w', 'bw', 'wt', 'tw'])
def test_the_letters_of_a_mode_come_in_any_order(mode):
    with talk(answer(), answer()) as (conn, _), conn.open('k', mode) as file:
        assert isinstance(file, io.TextIOBase) == ('b' not in mode)
        assert file.readable() == ('r' in mode)
        assert file.writable() == ('w' in mode)
        assert file.seekable() == ('r' in mode)


def test_a_small_file_is_one_put_with_all_options():
    with in_parts() as (conn, parts):
        with conn.open('a.css', 'w', headers={'If-None-Match': '*'},
                       expires=60, public=True, metadata={'who': 'me'}
                       ) as file:
            file.write('p {}')
    sent, = parts.told['put']
    assert sum(map(len, parts.told.values())) == 1 and sent.body == b'p {}'
    assert {name: sent.headers[name] for name in (
        'content-type', 'cache-control', 'x-amz-acl', 'x-amz-meta-who',
        'if-none-match')} == {
            'content-type': 'text/css', 'x-amz-acl': 'public-read',
            'cache-control': 'max-age=60, public', 'x-amz-meta-who': 'me',
            'if-none-match': '*'}


def test_options_of_a_large_file_go_where_they_belong():
    with in_parts() as (conn, parts):
        with conn.open('a', 'wb', headers={'If-None-Match': '*'},
                       content_type='a/b', metadata={'who': 'me'}) as file:
            file.write(HUGE)
    create, complete = parts.told['create'][0], parts.told['complete'][0]
    assert create.headers['content-type'] == 'a/b'
    assert create.headers['x-amz-meta-who'] == 'me'
    assert 'if-none-match' not in create.headers
    assert complete.headers['if-none-match'] == '*'
    assert not any('if-none-match' in asked.headers
                   for asked in parts.told['part'])


def test_the_options_of_a_file_reach_the_object(files, server, key):
    needs(server, 'object headers')
    for data in (b'small', HUGE):
        with files.open(key, 'wb', expires=60, content_type='a/b',
                        metadata={'who': 'me'}) as file:
            file.write(data)
        found = files.head(key)
        assert found.headers['cache-control'] == 'max-age=60'
        assert found.headers['content-type'] == 'a/b'
        assert found.metadata == {'who': 'me'}


def test_a_file_only_if_new(files, server, key):
    needs(server, 'conditional put')
    with files.open(key, 'wb', headers={'If-None-Match': '*'}) as file:
        file.write(b'first')
    with pytest.raises(tinys3.PreconditionFailed):
        with files.open(key, 'wb', headers={'If-None-Match': '*'}) as file:
            file.write(b'second')
    assert files.get(key).content == b'first'


@each('size', SIZES + [2 * PART])
@each('step', [999983, 4 * PART])
def test_parts_of_a_file_are_as_long_as_they_should_be(size, step):
    with in_parts() as (conn, parts):
        with conn.open('k', 'wb') as file:
            for start in range(0, size, step):
                assert file.write(HUGE[start:min(start + step, size)]) == min(
                    step, size - start)
            assert file.tell() == size
    sent = [body for _, body in sorted(parts.bodies.items())] or [
        parts.told['put'][0].body]
    assert b''.join(sent) == HUGE[:size]
    assert [len(part) for part in sent[:-1]] == [PART] * (len(sent) - 1)
    assert 0 < len(sent[-1]) <= PART or size == 0


def test_a_file_to_write_tells_what_it_can_do():
    with in_parts() as (conn, _), conn.open('k', 'wb') as file:
        assert (file.readable(), file.seekable(), file.writable()) == (
            False, False, True)
        assert (file.mode, file.name, file.tell()) == ('wb', 'k', 0)
        for call in (file.read, file.readline, file.fileno, file.truncate,
                     lambda: file.seek(0), lambda: file.readinto(
                         bytearray(1))):
            with pytest.raises(io.UnsupportedOperation):
                call()


@each('data', ['text', None, 1, [b'x']])
def test_only_bytes_are_written(data):
    with in_parts() as (conn, parts), conn.open('k', 'wb') as file:
        with pytest.raises(TypeError):
            file.write(data)
        assert file.write(b'then') == 4
    assert parts.told['put'][0].body == b'then'


@each('data', [
    array.array('I', range(1000)), bytearray(b'abc'), b'',
    memoryview(b'0123456789')[::2], memoryview(array.array('d', [1.5, 2])),
    memoryview(bytes(24)).cast('B', (2, 3, 4))],
    ids=['array', 'bytearray', 'empty', 'strided', 'doubles', 'cube'])
def test_memory_of_any_form_is_written_as_its_bytes(data):
    right = memoryview(data).tobytes()
    with in_parts() as (conn, parts), conn.open('k', 'wb') as file:
        assert file.write(data) == len(right) == file.tell()
        file.close()
        assert parts.told['put'][0].body == right


def test_a_buffer_may_be_used_again_after_a_write():
    with in_parts() as (conn, parts), conn.open('k', 'wb') as file:
        buffer = bytearray(1000003)
        for start in range(0, len(HUGE), len(buffer)):
            piece = HUGE[start:start + len(buffer)]
            buffer[:len(piece)] = piece
            file.write(memoryview(buffer)[:len(piece)])
            buffer[:] = b'\0' * len(buffer)
    assert b''.join(body for _, body in sorted(parts.bodies.items())) == HUGE


def test_a_closed_file_is_not_written():
    with in_parts() as (conn, parts):
        with conn.open('k', 'wb') as file:
            file.write(b'x')
        file.close()
        with pytest.raises(ValueError):
            file.write(b'y')
    assert file.closed and len(parts.told['put']) == 1


def test_two_files_at_once_share_one_thread():
    with in_parts(part_threads=1) as (conn, parts):
        with conn.open('a', 'wb') as one, conn.open('b', 'wb') as other:
            for start in range(0, len(HUGE), PART // 2):
                one.write(HUGE[start:start + PART // 2])
                other.write(HUGE[start:start + PART // 2])
    assert len(parts.told['complete']) == 2 and len(parts.told['part']) == 8


def test_what_goes_on_in_threads_ends_with_the_file():
    before = set(threading.enumerate())
    with in_parts() as (conn, parts):
        with conn.open('k', 'wb') as file:
            file.write(HUGE)
    assert set(threading.enumerate()) <= before


MORE = PART + 5000     # bytes, which go in two parts


class Enough(Exception):
    """What ends a block."""


def in_binary(file):
    with file:
        yield file.write


def in_text(file):
    with io.TextIOWrapper(file) as text:
        yield lambda data: text.write(data.decode('latin-1'))


def in_buffer(file):
    with io.BufferedWriter(file) as buffered:
        yield buffered.write


def in_gzip(file):
    with file, gzip.GzipFile(fileobj=file, mode='wb', compresslevel=0) as made:
        yield made.write


def in_zip(file):
    with file, zipfile.ZipFile(file, 'w') as made:
        yield lambda data: made.writestr('name', data)


def in_csv(file):
    with io.TextIOWrapper(file, newline='') as text:
        csv.writer(text).writerow(['a', 'b'])
        yield lambda data: text.write(data.decode('latin-1'))


def in_a_finally(file):
    try:
        yield file.write
    finally:
        file.close()


def in_closing(file):
    with contextlib.closing(file):
        yield file.write


each_block = each('block', [in_binary, in_text, in_buffer, in_gzip, in_zip,
                            in_csv, in_a_finally, in_closing])


@each_block
@each('error', [Enough, KeyboardInterrupt])
@each('size', [5, MORE], ids=['small', 'large'])
def test_an_exception_in_a_block_publishes_nothing(block, error, size):
    with in_parts() as (conn, parts):
        with pytest.raises(error):
            with contextlib.contextmanager(block)(
                    conn.open('k', 'wb')) as write:
                write(HUGE[:size])
                raise error
    assert parts.told['put'] == parts.told['complete'] == []
    assert len(parts.told['abort']) == len(parts.told['create'])
    assert len(parts.told['abort']) == (size > PART)


@each_block
@each('size', [5, MORE], ids=['small', 'large'])
def test_a_block_that_ends_well_publishes(block, size):
    with in_parts() as (conn, parts):
        with contextlib.contextmanager(block)(
                conn.open('k', 'wb')) as write:
            write(HUGE[:size])
    assert len(parts.told['put'] + parts.told['complete']) == 1
    assert parts.told['abort'] == []


def test_an_exception_in_a_block_of_text_publishes_nothing(files, key):
    with pytest.raises(Enough):
        with files.open(key, 'w') as file:
            file.write('x' * MORE)
            raise Enough
    assert not files.exists(key)
    assert list(files.list_multipart_uploads(key)) == []


@each('size', [5, MORE], ids=['small', 'large'])
@each_block
def test_a_file_of_an_except_clause_is_published(block, size):
    with in_parts() as (conn, parts):
        try:
            raise Enough
        except Enough:
            with contextlib.contextmanager(block)(
                    conn.open('k', 'wb')) as write:
                write(HUGE[:size])
    assert len(parts.told['put'] + parts.told['complete']) == 1


def test_what_is_not_stored_because_of_an_exception_is_logged(caplog):
    with in_parts() as (conn, parts):
        file = conn.open('k', 'wb')
        with pytest.raises(Enough):
            with contextlib.closing(file):
                raise Enough
    assert 's3://bucket/k is not stored' in caplog.text
    assert file.closed and not any(parts.told.values())


def only(kinds, raw):
    """Answer all requests of some kinds so."""
    return lambda kind, asked: raw if kind in kinds else None


FAILURES = [
    (error_answer(403, 'AccessDenied'), tinys3.AccessDenied),
    (error_answer(503, 'SlowDown'), tinys3.ResponseError),
    (b'', tinys3.TransportError)]


@each('raw, error', FAILURES, ids=['403', '503', 'hang-up'])
@each('kind', ['create', 'part', 'complete', 'put'])
def test_a_request_that_fails_is_raised_by_the_block(kind, raw, error):
    size = 5 if kind == 'put' else MORE
    with in_parts(only([kind], raw), retry=3) as (conn, parts):
        with pytest.raises(error):
            with conn.open('k', 'wb') as file:
                file.write(HUGE[:size])
    assert len(parts.told['abort']) == (kind in ('part', 'complete'))
    assert (kind == 'complete') == bool(parts.told['complete'])
    assert file.closed


@each('number', [1, 4])
@each_block
def test_a_part_that_fails_is_raised_by_whatever_writes(block, number):
    fail = failing_at(number, error_answer(403, 'AccessDenied'))
    with in_parts(fail, part_threads=1) as (conn, parts):
        with pytest.raises(tinys3.AccessDenied):
            with contextlib.contextmanager(block)(
                    conn.open('k', 'wb')) as write:
                write(HUGE)
    assert len(parts.told['abort']) == 1 and not parts.told['complete']


@each('step', [1000, 70000, PART])
@each('mode', ['w', 'wb'])
def test_a_part_that_fails_is_raised_by_a_later_write(mode, step):
    fail = failing_at(1, error_answer(403, 'AccessDenied'))
    data = 'x' * step if mode == 'w' else b'x' * step
    with in_parts(fail, part_threads=1) as (conn, parts):
        with pytest.raises(tinys3.AccessDenied):
            with conn.open('k', mode) as file:
                for _ in range(4 * PART // step):
                    file.write(data)
    assert len(parts.told['abort']) == 1 and not parts.told['complete']


@each('kind', ['create', 'part'])
def test_closing_after_a_failure_that_was_swallowed_raises(kind):
    fail = only([kind], error_answer(403, 'AccessDenied'))
    with in_parts(fail, part_threads=1) as (conn, parts):
        file = conn.open('k', 'wb')
        with contextlib.suppress(tinys3.AccessDenied):
            file.write(HUGE * 2)
        with pytest.raises(tinys3.AccessDenied):
            file.write(b'more')
        with pytest.raises(tinys3.AccessDenied) as caught:
            file.close()
    assert caught.value.__cause__.request_id == caught.value.request_id
    assert file.closed and parts.told['complete'] == []


@each_block
def test_an_interrupt_while_a_part_is_sent_is_what_comes_out(block):
    def interrupt(delay):
        raise KeyboardInterrupt
    fail = only(['create'], error_answer(503, 'SlowDown'))
    with in_parts(fail, retry=2) as (conn, parts):
        conn._sleep = interrupt
        with pytest.raises(KeyboardInterrupt):
            with contextlib.contextmanager(block)(
                    conn.open('k', 'wb')) as write:
                write(HUGE[:MORE])
    assert not parts.told['part']


def test_closing_after_an_interrupt_that_was_swallowed_raises():
    file = None
    with in_parts(only(['create'], b''), retry=2) as (conn, parts):
        conn._sleep = lambda delay: file._nonsense
        file = conn.open('k', 'wb')
        with pytest.raises(AttributeError):
            file.write(HUGE)
        for call in (file.close, lambda: file.write(b'')):
            with pytest.raises(ValueError):
                call()
    assert file.closed


@each('more', [0, 4000, 8000, 12000])
@each('wrap', [io.TextIOWrapper, io.BufferedWriter])
def test_a_failure_of_the_last_flush_keeps_its_name(wrap, more):
    fail = failing_at(1, error_answer(403, 'AccessDenied'))
    piece = 'x' * 1000 if wrap is io.TextIOWrapper else b'x' * 1000
    with in_parts(fail, part_threads=1) as (conn, parts):
        with pytest.raises(tinys3.AccessDenied):
            with wrap(conn.open('k', 'wb')) as file:
                for _ in range((2 * PART + more) // 1000):
                    file.write(piece)
    assert len(parts.told['abort']) == 1 and not parts.told['complete']


def test_a_block_that_swallows_a_failure_does_not_end_well():
    fail = only(['part'], error_answer(403, 'AccessDenied'))
    with in_parts(fail, part_threads=1) as (conn, parts):
        with pytest.raises(tinys3.AccessDenied):
            with conn.open('k', 'wb') as file:
                with contextlib.suppress(tinys3.AccessDenied):
                    file.write(HUGE * 2)
    assert len(parts.told['abort']) == 1 and parts.told['complete'] == []


def test_a_storm_that_passes_is_weathered():
    seen = collections.Counter()

    def storm(kind, asked):
        seen[asked.target] += 1
        if seen[asked.target] < 3:
            return error_answer(503, 'SlowDown')
    with in_parts(storm, retry=3) as (conn, parts):
        with conn.open('k', 'wb') as file:
            file.write(HUGE)
    assert b''.join(body for _, body in sorted(parts.bodies.items())) == HUGE
    assert parts.told['abort'] == []


WRAPS = [lambda file: file, io.TextIOWrapper, io.BufferedWriter,
         lambda file: io.TextIOWrapper(io.BufferedWriter(file))]
each_wrap = each('wrap', WRAPS, ids=['plain', 'text', 'buffer', 'both'])


def collect():
    gc.collect()
    gc.collect()        # PyPy finds a circle with finalizers later


@each_wrap
@each('size', [5, MORE], ids=['small', 'large'])
def test_a_file_that_is_never_closed_is_not_stored(wrap, size):
    with in_parts() as (conn, parts):
        file = conn.open('k', 'wb')
        file.write(HUGE[:size])
        with pytest.warns(ResourceWarning, match='s3://bucket/k was never'):
            file = wrap(file)
            del file
            collect()
        wait_until(lambda: len(parts.told['abort']) == len(
            parts.told['create']))
    assert parts.told['put'] == parts.told['complete'] == []


def test_text_that_is_never_closed_is_not_stored():
    with in_parts() as (conn, parts):
        with pytest.warns(ResourceWarning, match='s3://bucket/k was never'):
            conn.open('k', 'w').write('x')
            collect()
        assert not any(parts.told.values())


@each_wrap
def test_a_file_in_a_circle_is_not_stored(wrap):
    with in_parts() as (conn, parts):
        circle = [wrap(conn.open('k', 'wb'))]
        circle.append(circle)
        with pytest.warns(ResourceWarning, match='s3://bucket/k was never'):
            del circle
            collect()
        assert not any(parts.told.values())


@each_wrap
def test_the_upload_is_given_up_where_warnings_are_errors(
        wrap, monkeypatch):
    monkeypatch.setattr(sys, 'unraisablehook', lambda raised: None, False)
    with in_parts() as (conn, parts):
        file = conn.open('k', 'wb')
        file.write(HUGE[:MORE])
        file = wrap(file)
        del file
        collect()
        wait_until(lambda: parts.told['abort'])
    assert parts.told['complete'] == []


def ended_with(code, *options):
    """Run a program that has a connection, to its end; return what it said
    and what it sent."""
    code = ('import io, sys, tinys3\n'
            'conn = tinys3.Connection("%s", "%s", "bucket", endpoint='
            'sys.argv[1], region="us-east-1", part_size=%d)\n'
            % (ACCESS, SECRET, PART)) + code
    parts = Parts()
    with Script(*[parts] * 20) as script:
        done = subprocess.run(
            [sys.executable, *options, '-c', code, script.endpoint],
            stderr=subprocess.PIPE, timeout=60, env=dict(
                os.environ, PYTHONPATH=os.path.dirname(tinys3.__file__)))
    assert done.returncode == 0
    assert len(parts.told['abort'] + parts.told['complete']) == len(
        parts.told['create'])
    return done.stderr.decode(), parts.told


def test_a_file_that_is_collected_anywhere_is_given_up():
    """In threading.enumerate, say, which holds a lock that starting a Thread
    needs: before 3.10 it waited for itself."""
    said, told = ended_with(
        'import gc, threading\n'
        'gc.disable()\n'
        'circle = [conn.open("k", "wb")]\n'
        'circle[0].write(b"x" * %d)\n'
        'circle.append(circle)\n'
        'del circle\n'
        'with threading._active_limbo_lock:\n'
        '    gc.collect()\n'
        'for _ in range(3): gc.collect()\n' % MORE)
    assert told['complete'] == [] and len(told['abort']) == 1


@each('wrap', ['file', 'io.TextIOWrapper(file)', 'io.BufferedWriter(file)'])
@each('size', [5, MORE], ids=['small', 'large'])
def test_a_file_that_is_open_at_exit_is_not_stored(wrap, size):
    said, told = ended_with(
        'file = conn.open("k", "wb")\n'
        'file.write(b"x" * %d)\n'
        'file = %s' % (size, wrap), '-W', 'always')
    assert told['put'] == told['complete'] == []
    assert 'ResourceWarning: s3://bucket/k was never closed' in said


@each('size', [5, MORE], ids=['small', 'large'])
def test_a_file_that_is_closed_at_exit_is_stored(size):
    said, told = ended_with(
        'first = conn.open("first", "wb")\n'
        'import atexit\n'
        'atexit.register(lambda: (first.close(), file.close()))\n'
        'file = conn.open("k", "wb")\n'
        'file.write(b"x" * %d)\n' % size)
    assert len(told['put'] + told['complete']) == 2
    assert said == ''


def test_a_file_that_is_closed_too_late_is_told():
    said, told = ended_with(
        'import atexit\n'
        'atexit.register(lambda: file.close())\n'
        'file = conn.open("k", "wb")\n'
        'file.write(b"x")\n')
    assert told['put'] == []
    assert 's3://bucket/k was never closed' in said


def test_a_write_that_a_close_cuts_short_is_an_error():
    with in_parts() as (conn, parts):
        file = conn.open('k', 'wb')
        take = file._take

        def interrupted(view):      # as by a signal
            take(view[:3])
            file.close()
        file._take = interrupted
        with pytest.raises(ValueError, match='closed'):
            file.write(b'abcdef')
    assert len(parts.told['put']) == 1


# ---------------------------------------------------------------------------
# Copies in parts
# ---------------------------------------------------------------------------

class Copies(Parts):
    """A little S3 that copies an object, of so many bytes, in parts."""

    def __init__(self, fail=None, size=2 * PART + 17, head=()):
        super().__init__(fail)
        self.size, self.head = size, dict(head)
        self.told.update(copy=[], tags=[], acl=[])

    @staticmethod
    def _kind(asked):
        for mark, kind in (('?tagging', 'tags'), ('?acl', 'acl')):
            if mark in asked.target or mark.replace('?', '&') in asked.target:
                return kind
        kind = Parts._kind(asked)
        return 'copy' if kind == 'put' else kind

    def _answer(self, kind, asked):
        if kind == 'head':
            return answer(headers=self.head, length=self.size)
        if kind in ('part', 'copy'):
            body = ('<Copy%sResult><ETag>"%s"</ETag></Copy%sResult>' % (
                ('Part', hashlib.md5(asked.target.encode()).hexdigest(),
                 'Part') if kind == 'part' else ('Object', 'one', 'Object')))
            return answer(body=body.encode())
        if kind == 'tags':
            return answer(body=b'<Tagging><TagSet/></Tagging>')
        if kind == 'acl':
            return error_answer(501, 'NotImplemented')
        return super()._answer(kind, asked)


@contextlib.contextmanager
def copying(fail=None, size=2 * PART + 17, head=(), **more):
    """Lend a Connection to a little S3 that copies, to which more than a
    part is too large for one request."""
    parts = Copies(fail, size, head)
    options = dict(part_size=PART, retry=1)
    options.update(more)
    with talk(*[parts] * 100, **options) as (conn, _):
        conn._copy_limit = PART
        yield conn, parts


def change(conn, **more):
    """Copy with a change, which asks for the head first."""
    return conn.copy('from', 'source', 'k', 'bucket', {'new': '1'}, **more)


def update(conn, **more):
    return conn.update_metadata('k', {'new': '1'}, **more)


each_copy = each('call', [change, update])


@pytest.fixture
def copies(files, server):
    """A Connection that copies in the smallest parts."""
    needs(server, 'copies in parts')
    files._copy_limit = PART
    return files


@each('size', [PART, PART + 1, 2 * PART, len(HUGE)])
def test_objects_of_any_size_are_copied(copies, shared_bucket, key, size):
    copies.upload(key, HUGE[:size], metadata={'keep': '1', 'drop': '2'})
    response = copies.copy(key, shared_bucket, key + '-2', metadata={
        'drop': None, 'new': '3'})
    found = copies.get(key + '-2')
    assert found.content == HUGE[:size]
    assert found.metadata == {'keep': '1', 'new': '3'}
    assert response.etag == found.etag
    assert (response.key, response.bucket) == (key + '-2', shared_bucket)


def test_a_copy_in_parts_keeps_the_tags(copies, server, shared_bucket, key):
    needs(server, 'tags of parts')
    copies.upload(key, HUGE, headers={'x-amz-tagging': 'a=1%202&b=%2B'})
    copies.copy(key, shared_bucket, key + '-2', metadata={'new': '3'})
    tags = copies.request('GET', key + '-2', query={'tagging': ''}).text
    assert '<Key>a</Key><Value>1 2</Value>' in re.sub(r'>\s+<', '><', tags)
    assert '<Key>b</Key><Value>+</Value>' in re.sub(r'>\s+<', '><', tags)


def test_update_metadata_of_a_large_object_keeps_all(copies, server, key):
    needs(server, 'object headers', 'acl of parts', 'tags of parts')
    copies.upload(key, HUGE, expires=60, content_type='a/b',
                  metadata={'keep': '1', 'drop': '2'},
                  headers={'x-amz-tagging': 'a=1'})
    copies.update_metadata(key, {'drop': None, 'new': '3'})
    found = copies.get(key)
    assert found.content == HUGE and found.metadata == {
        'keep': '1', 'new': '3'}
    assert found.headers['content-type'] == 'a/b'
    assert found.headers['cache-control'] == 'max-age=60'
    tags = copies.request('GET', key, query={'tagging': ''}).text
    assert '<Key>a</Key><Value>1</Value>' in re.sub(r'\s', '', tags)


def test_update_metadata_of_a_large_object_that_becomes_private(copies, key):
    copies.upload(key, HUGE, metadata={'keep': '1'})
    copies.update_metadata(key, {'new': '3'}, public=False)
    found = copies.get(key)
    assert found.content == HUGE
    assert found.metadata == {'keep': '1', 'new': '3'}


def test_a_pool_copies_in_parts(server, shared_bucket, key):
    needs(server, 'copies in parts')
    with tinys3.Pool(server.access, server.secret, shared_bucket,
                     endpoint=server.endpoint, region=server.region,
                     part_size=PART, part_threads=1, size=3) as pool:
        pool.connection._copy_limit = PART
        pool.upload(key, HUGE).result(60)
        pool.all_completed([pool.copy(
            key, None, '%s-%d' % (key, number), metadata={'new': '3'})
            for number in range(4)], timeout=60)
        assert pool.get(key + '-3').result(60).content == HUGE


@each('size, copied, parts_of', [
    (0, 1, []), (PART, 1, []), (PART + 1, 0, [PART, 1]),
    (2 * PART, 0, [PART, PART]), (2 * PART + 17, 0, [PART, PART, 17])])
def test_only_what_is_too_large_is_copied_in_parts(size, copied, parts_of):
    with copying(size=size) as (conn, parts):
        change(conn)
    found = sorted(tuple(map(int, re.match(
        r'bytes=(\d+)-(\d+)$', asked.headers['x-amz-copy-source-range']
        ).groups())) for asked in parts.told['part'])
    assert [last - first + 1 for first, last in found] == parts_of
    assert [first for first, _ in found] == [
        PART * number for number in range(len(parts_of))]
    assert len(parts.told['copy']) == copied


def test_parts_of_a_copy_may_be_smaller_than_the_limit(monkeypatch):
    monkeypatch.setattr(tinys3, '_COPY_PART', PART)
    with copying() as (conn, parts):
        conn._copy_limit = 2 * PART
        assert change(conn).etag == 'all-2'
    assert numbers_of(parts) == [1, 2, 3] and parts.told['abort'] == []


CUSTOMER = 'server-side-encryption-customer-'


@each('name, where', [
    ('x-amz-request-payer', 'head tags create part complete'),
    ('x-amz-expected-bucket-owner', 'create part complete'),
    ('x-amz-' + CUSTOMER + 'key', 'create part complete'),
    ('x-amz-copy-source-' + CUSTOMER + 'key', 'part'),
    ('x-amz-copy-source-if-unmodified-since', 'part'),
    ('x-amz-source-expected-bucket-owner', 'part'),
    ('If-Match', 'complete'), ('If-None-Match', 'complete'),
    ('x-amz-server-side-encryption', 'create'), ('x-amz-acl', 'create'),
    ('x-amz-grant-read', 'create'), ('x-amz-storage-class', 'create'),
    ('x-amz-meta-a', 'create'), ('Content-Type', 'create'),
    ('x-amz-website-redirect-location', 'create')])
def test_each_header_of_a_copy_goes_where_it_belongs(name, where):
    with copying() as (conn, parts):
        change(conn, headers={name: 'value'})
    told = [kind for kind in ('head', 'tags', 'create', 'part', 'complete')
            if all(asked.headers.get(name.lower()) in ('value', '"value"')
                   for asked in parts.told[kind])]
    if name == 'x-amz-expected-bucket-owner':
        told = [kind for kind in told if kind not in ('head', 'tags')]
    assert ' '.join(told) == where


def test_the_key_of_the_source_is_named_to_its_head():
    name = CUSTOMER + 'key'
    with copying() as (conn, parts):
        change(conn, headers={'x-amz-copy-source-' + name: 'old',
                              'x-amz-' + name: 'new'})
    assert parts.told['head'][0].headers['x-amz-' + name] == 'old'
    assert parts.told['part'][0].headers['x-amz-' + name] == 'new'
    assert 'x-amz-' + name not in parts.told['tags'][0].headers


KEPT = {'Content-Type': 'a/b', 'Cache-Control': 'no-cache',
        'x-amz-meta-keep': '1'}
OWNED = {'x-amz-storage-class': 'STANDARD_IA',
         'x-amz-server-side-encryption': 'aws:kms'}


@each('call, kept', [(change, KEPT), (update, dict(KEPT, **OWNED))])
def test_the_upload_gets_what_the_object_had(call, kept):
    with copying(head=dict(KEPT, ETag='"abc"', **OWNED)) as (conn, parts):
        call(conn)
    create, = parts.told['create']
    assert {name: create.headers.get(name.lower())
            for name in list(KEPT) + list(OWNED)} == dict(
                dict.fromkeys(OWNED), **kept)
    assert create.headers['x-amz-meta-new'] == '1'
    assert not [name for name in create.headers
                if 'directive' in name or 'copy-source' in name]


@each_copy
def test_all_parts_are_of_one_and_the_same_object(call):
    with copying(head={'ETag': '"abc"'}) as (conn, parts):
        call(conn)
    assert [asked.headers['x-amz-copy-source-if-match']
            for asked in parts.told['part']] == ['"abc"'] * 3
    assert {asked.headers['x-amz-copy-source'] for asked in
            parts.told['part']} == {'/source/from' if call is change
                                    else '/bucket/k'}


def test_an_object_that_changes_while_it_is_copied_is_told():
    fail = failing_at(2, error_answer(412, 'PreconditionFailed'))
    with copying(fail) as (conn, parts):
        with pytest.raises(tinys3.PreconditionFailed):
            change(conn)
    assert len(parts.told['abort']) == 1 and not parts.told['complete']


def test_a_version_is_copied_in_parts():
    with copying() as (conn, parts):
        change(conn, version_id='v+1')
    assert 'versionId=v%2B1' in parts.told['head'][0].target
    assert 'versionId=v%2B1' in parts.told['tags'][0].target
    assert {asked.headers['x-amz-copy-source'] for asked in
            parts.told['part']} == {'/source/from?versionId=v%2B1'}


def test_public_goes_with_the_upload():
    with copying() as (conn, parts):
        change(conn, public=True)
    assert parts.told['create'][0].headers['x-amz-acl'] == 'public-read'


def tags_answered(raw):
    return lambda kind, asked: raw if kind == 'tags' else None


TAGS = answer(body=(
    '<Tagging><TagSet><Tag><Key>a b</Key><Value>1&amp;2</Value></Tag><Tag>'
    '<Key>\u00e4</Key><Value/></Tag></TagSet></Tagging>').encode('utf-8'))


@each_copy
@each('raw, sent', [
    (TAGS, 'a%20b=1%262&%C3%A4='),
    (answer(body=b'<Tagging><TagSet/></Tagging>'), None),
    (error_answer(404, 'NoSuchTagSet'), None),
    (error_answer(501, 'NotImplemented'), None),
    (error_answer(405, 'MethodNotAllowed'), None)],
    ids=['tags', 'none', 'no set', 'no tags', 'no method'])
def test_tags_are_carried_to_a_copy_in_parts(call, raw, sent, caplog):
    with copying(tags_answered(raw)) as (conn, parts):
        call(conn)
    assert parts.told['create'][0].headers.get('x-amz-tagging') == sent
    assert caplog.text == '' and len(parts.told['complete']) == 1


@each_copy
def test_tags_that_may_not_be_read_are_a_warning(call, caplog):
    refused = tags_answered(error_answer(403, 'AccessDenied'))
    with copying(refused) as (conn, parts):
        call(conn)
    assert 'may not be read: the copy has none' in caplog.text
    assert 'x-amz-tagging' not in parts.told['create'][0].headers


@each('raw', [error_answer(503, 'SlowDown'), b'',
              error_answer(404, 'NoSuchKey')])
def test_tags_that_cannot_be_read_now_end_the_copy(raw):
    with copying(tags_answered(raw)) as (conn, parts):
        with pytest.raises(tinys3.S3Error):
            change(conn)
    assert parts.told['create'] == []


@each('more', [
    {'metadata': {'x-amz-tagging': 'b=2', 'new': '1'}},
    {'metadata': {'new': '1'}, 'headers': {
        'x-amz-tagging': 'b=2', 'x-amz-tagging-directive': 'REPLACE'}}])
def test_tags_of_the_caller_take_the_place_of_the_old(more):
    with copying(tags_answered(TAGS)) as (conn, parts):
        conn.copy('from', 'source', 'k', 'bucket', **more)
    create, = parts.told['create']
    assert create.headers['x-amz-tagging'] == 'b=2'
    assert 'x-amz-tagging-directive' not in create.headers
    assert parts.told['tags'] == []


@each('changes', [{'x-amz-tagging': None, 'new': '1'}])
def test_tags_may_be_left_behind(changes):
    with copying(tags_answered(TAGS)) as (conn, parts):
        conn.copy('from', 'source', 'k', 'bucket', changes)
    assert 'x-amz-tagging' not in parts.told['create'][0].headers


def refused_as(code, status=400):
    raw = error_answer(status, code)
    return lambda kind, asked: raw if kind == 'copy' else None


@each('code', ['InvalidRequest', 'EntityTooLarge'])
def test_a_copy_refused_for_its_size_goes_on_in_parts(code):
    with copying(refused_as(code), head={'x-amz-meta-keep': '1'}) as (
            conn, parts):
        response = conn.copy('from', 'source', 'k', 'bucket', {
            'x-amz-storage-class': 'STANDARD_IA'}, public=True)
    assert [len(parts.told[kind]) for kind in (
        'copy', 'head', 'create', 'part', 'complete')] == [1, 1, 1, 3, 1]
    create, = parts.told['create']
    assert create.headers['x-amz-meta-keep'] == '1'
    assert create.headers['x-amz-storage-class'] == 'STANDARD_IA'
    assert create.headers['x-amz-acl'] == 'public-read'
    assert response.etag == 'all-2'


@each('code, size, heads', [
    ('InvalidRequest', PART, 1), ('EntityTooLarge', 0, 1),
    ('InvalidArgument', 3 * PART, 0), ('AccessDenied', 3 * PART, 0)])
def test_a_copy_refused_for_something_else_says_so(code, size, heads):
    with copying(refused_as(code), size) as (conn, parts):
        with pytest.raises(tinys3.ResponseError) as caught:
            conn.copy('from', 'source', 'k', 'bucket')
    assert caught.value.code == code and len(parts.told['head']) == heads
    assert parts.told['create'] == []


def test_an_error_inside_the_answer_to_a_part_is_tried_again():
    seen = []

    def once(kind, asked):
        if 'partNumber=2&' in asked.target and not seen:
            seen.append(asked)
            return answer(body=b'<Error><Code>InternalError</Code></Error>')
    with copying(once, retry=2) as (conn, parts):
        change(conn)
    assert len(parts.told['part']) == 4 and numbers_of(parts) == [1, 2, 3]


@each('raw, error', FAILURES + [
    (answer(body=b'<Error><Code>AccessDenied</Code></Error>'),
     tinys3.AccessDenied), (answer(), tinys3.TransportError)])
@each('number', [1, 3])
def test_a_part_that_is_not_copied_gives_the_upload_up(raw, error, number):
    with copying(failing_at(number, raw)) as (conn, parts):
        with pytest.raises(error):
            change(conn)
    assert len(parts.told['abort']) == 1 and not parts.told['complete']


def test_copies_share_the_threads_of_the_connection():
    hold = until_flying(2)
    with copying(hold, 4 * PART, part_threads=2) as (conn, hold.parts):
        with concurrent.futures.ThreadPoolExecutor(3) as executor:
            list(executor.map(lambda _: change(conn), range(3)))
    assert hold.parts.most == 2


def test_the_completion_names_the_parts_by_their_etags():
    with copying() as (conn, parts):
        change(conn)
    right = [hashlib.md5(asked.target.encode()).hexdigest() for asked in
             sorted(parts.told['part'], key=lambda asked: asked.target)]
    assert re.findall(b'<ETag>(?:"|&quot;)(.*?)(?:"|&quot;)</ETag>',
                      parts.told['complete'][0].body) == [
        etag.encode() for etag in right]


# ---------------------------------------------------------------------------
# Faults: every operation against every failure
# ---------------------------------------------------------------------------

KEY = 'a key'
SMALL = bytes(bytearray(range(256))) * 2
SHARE = 1024 ** 2       # of a part: enough not to fit into a socket's buffer
DUO = HUGE[:SHARE + 1000]           # two parts, or two ranges
OK = type(None)                     # of the error of what succeeds
REFUSED = tinys3.TransportError


def kind_of(asked):
    """Name what a request asks for."""
    for mark, kind in (
            ('uploads=', 'create'), ('partNumber=', 'part'),
            ('acl=', 'acl'), ('delete=', 'batch'),
            ('encoding-type=', 'list')):
        if mark in asked.target:
            return kind
    if 'uploadId=' in asked.target:
        return {'GET': 'parts', 'POST': 'complete', 'DELETE': 'abort'}[
            asked.method]
    if 'range' in asked.headers:
        return 'range'
    return 'copy' if 'x-amz-copy-source' in asked.headers else (
        asked.method.lower())


@functools.lru_cache(maxsize=None)
def md5_of(data):
    return hashlib.md5(data).hexdigest()


class Shop(object):
    """A little S3 that keeps objects and uploads in parts, as an answer of
    a Script. A fault takes the place of answers to some `kinds` of requests:
    to the first `times` of those with one target."""

    def __init__(self, fault=None, kinds=(), times=0):
        self.objects = {KEY: SMALL, 'big': DUO, 'b': b'2', 'c': b'3'}
        self.who = 'me'             # in the metadata of all
        self.uploads = {'old': {1: DUO[:SHARE], 2: DUO[SHARE:]}}
        self.told = set()           # ids of uploads that the client knows
        self.kinds_seen, self.struck = [], collections.Counter()
        self.fault, self.kinds, self.times = fault, kinds, times
        self.early = bool(fault and fault.early)
        self._lock = threading.Lock()

    def __call__(self, sock, asked):
        kind = kind_of(asked)
        with self._lock:
            self.kinds_seen.append(kind)
            self.told.update(re.findall('uploadId=(u[^&]*)', asked.target))
            name = kind, asked.target
            strikes = kind in self.kinds and self.struck[name] < self.times
            self.struck[name] += strikes
        if self.early and not strikes:
            asked = asked._replace(body=Script._read(sock, int(
                asked.headers.get('content-length', 0))))
        raw = b''
        if not strikes or self.fault.late:
            with self._lock:
                raw = getattr(self, kind)(self.named(asked), asked)
        if asked.method == 'HEAD':
            raw = raw[:raw.find(b'\r\n\r\n') + 4]
        if strikes and not raw.startswith(b'HTTP/1.1 4'):   # and it did it
            return self.fault.strike(self, sock, asked, raw)
        sock.sendall(raw)
        return True

    @staticmethod
    def named(asked):
        path = asked.target.partition('?')[0]
        return urllib.parse.unquote(path).partition('/bucket/')[2]

    def tagged(self, data):
        """Return the headers of an object, as S3 makes its ETag."""
        return {'x-amz-meta-who': self.who, 'Last-Modified': MODIFIED,
                'Accept-Ranges': 'bytes', 'ETag': '"%s"' % (
                    getattr(data, 'etag', None) or md5_of(data))}

    def state(self):
        return dict(self.objects, who=self.who)

    @staticmethod
    def upload_of(asked):
        return re.search('uploadId=([^&]*)', asked.target).group(1)

    def get(self, key, asked):
        if key not in self.objects:
            return error_answer(404, 'NoSuchKey')
        data = self.objects[key]
        return answer(200, data, self.tagged(data))

    head = get

    def range(self, key, asked):
        data = self.objects[key]
        first, last = re.match(r'bytes=(\d+)-(\d*)\Z',
                               asked.headers['range']).groups()
        return piece_of(data, self.tagged(data), int(first),
                        min(int(last or len(data)), len(data) - 1))

    def put(self, key, asked):
        self.objects[key] = asked.body
        return answer(headers=self.tagged(asked.body))

    def copy(self, key, asked):
        source = asked.headers['x-amz-copy-source']
        self.objects[key] = self.objects[
            urllib.parse.unquote(source.partition('/bucket/')[2])]
        self.who = asked.headers.get('x-amz-meta-who', self.who)
        return answer(body=b'<CopyObjectResult><ETag>"e"</ETag>'
                           b'</CopyObjectResult>')

    def delete(self, key, asked):
        self.objects.pop(key, None)
        return answer(204, length=False)

    def batch(self, key, asked):
        for found in re.findall(b'<Key>([^<]*)</Key>', asked.body):
            self.objects.pop(found.decode(), None)
        return answer(body=b'<DeleteResult></DeleteResult>')

    def acl(self, key, asked):
        return answer(body=b'<AccessControlPolicy></AccessControlPolicy>')

    def list(self, key, asked):
        """List in two pages."""
        goes_on = b'' if re.search('token=t|marker=o', asked.target) else (
            b'<NextContinuationToken>t</NextContinuationToken>')
        return answer(body=PAGE.replace(b'one', goes_on and b'one' or b'two'
                                        ).replace(
            b'false</IsTruncated>', b'%s</IsTruncated>%s' % (
                b'true' if goes_on else b'false', goes_on)))

    def create(self, key, asked):
        name = 'u%d' % len(self.uploads)
        self.uploads[name] = {}
        return answer(body=b'<InitiateMultipartUploadResult><UploadId>%s'
                           b'</UploadId></InitiateMultipartUploadResult>'
                           % name.encode())

    def part(self, key, asked):
        number = int(re.search(r'partNumber=(\d+)', asked.target).group(1))
        self.uploads[self.upload_of(asked)][number] = asked.body
        return answer(headers=self.tagged(asked.body))

    def parts(self, key, asked):
        return answer(body=b'<ListPartsResult>%s</ListPartsResult>' % b''.join(
            b'<Part><PartNumber>%d</PartNumber><Size>%d</Size><ETag>"%s"'
            b'</ETag></Part>' % (number, len(data), md5_of(data).encode())
            for number, data in sorted(
                self.uploads[self.upload_of(asked)].items())))

    def complete(self, key, asked):
        parts = self.uploads.get(self.upload_of(asked))
        if not parts:
            return error_answer(404, 'NoSuchUpload')
        self.uploads[self.upload_of(asked)] = None
        whole = Whole(b''.join(parts[number] for number in sorted(parts)))
        whole.etag = '%s-%d' % (hashlib.md5(b''.join(
            hashlib.md5(parts[number]).digest()
            for number in sorted(parts))).hexdigest(), len(parts))
        self.objects[key] = whole
        return answer(body=b'<CompleteMultipartUploadResult><ETag>"%s"</ETag>'
                           b'</CompleteMultipartUploadResult>'
                           % whole.etag.encode())

    def abort(self, key, asked):
        name = self.upload_of(asked)
        if self.uploads.get(name) is None:
            return error_answer(404, 'NoSuchUpload')
        self.uploads[name] = None
        return answer(204, length=False)

    def orphans(self):
        """Return the uploads that nobody completed or gave up."""
        return [name for name in sorted(self.told)
                if self.uploads[name] is not None]


class Whole(bytes):
    """An object that was put together of parts."""


# -- the operations: which kinds of requests they send, what they return or
# leave in a file, and the objects that they change

Operation = collections.namedtuple('Operation', 'call kinds came changes')
WRITTEN = {KEY: SMALL[1:]}
PARTS = 'create part complete'


def to_file(key):
    def call(conn, path):
        conn.download(key, path)
        with open(path, 'rb') as file:
            return file.read()
    return call


def read_open(conn, path):
    with conn.open(KEY) as file:
        return file.read()


def written(data):
    def call(conn, path):
        with conn.open(KEY, 'wb') as file:
            file.write(data)
    return call


def completed(conn, path):
    tinys3.MultipartUpload(conn, 'bucket', KEY, 'old').complete_upload()


def nothing(call):
    """Make the call, whatever it returns."""
    return lambda conn, path: call(conn) and None


OPERATIONS = {
    'upload': Operation(nothing(
        lambda conn: conn.upload(KEY, SMALL[1:])), 'put', None, WRITTEN),
    'upload in parts': Operation(nothing(
        lambda conn: conn.upload(KEY, DUO)), PARTS, None, {KEY: DUO}),
    'get': Operation(
        lambda conn, path: conn.get(KEY).content, 'get', SMALL, {}),
    'get a range': Operation(
        lambda conn, path: conn.get(KEY, byte_range=(3, 400)).content,
        'range', SMALL[3:401], {}),
    'stream': Operation(
        lambda conn, path: pieces(conn.get(KEY, stream=True)), 'get', SMALL,
        {}),
    'download': Operation(to_file(KEY), 'get', SMALL, {}),
    'download in ranges': Operation(to_file('big'), 'get range', DUO, {}),
    'open to read': Operation(read_open, 'head range', SMALL, {}),
    'open to write': Operation(
        written(SMALL[1:]), 'put', None, WRITTEN),
    'open to write parts': Operation(written(DUO), PARTS, None, {KEY: DUO}),
    'list': Operation(
        lambda conn, path: keys(conn), 'list', ['one', 'two'], {}),
    'copy': Operation(nothing(
        lambda conn: conn.copy(KEY, 'bucket', 'b')), 'copy', None,
        {'b': SMALL}),
    'copy with metadata': Operation(nothing(
        lambda conn: conn.copy(KEY, 'bucket', 'b', metadata={'who': 'you'})),
        'head copy', None, {'b': SMALL, 'who': 'you'}),
    'update_metadata': Operation(nothing(
        lambda conn: conn.update_metadata(KEY, {'who': 'you'})),
        'head acl copy', None, {'who': 'you'}),
    'delete': Operation(nothing(
        lambda conn: conn.delete(KEY)), 'delete', None, {KEY: None}),
    'delete_many': Operation(
        lambda conn, path: conn.delete_many(['b', 'c']), 'batch', 2,
        {'b': None, 'c': None}),
    'complete_upload': Operation(
        completed, 'parts complete', None, {KEY: DUO}),
}

STREAMS = 'stream', 'download', 'download in ranges'

# -- the faults

ALL = 'put create part complete abort get range list copy head acl delete ' \
      'batch parts'.split()
# To which requests a fault can come, by what it is about.
ANSWERS = {
    'any': ALL,
    # An answer to these has no body that could be spoilt.
    'body': [kind for kind in ALL
             if kind not in ('head', 'delete', 'abort')],
    'xml': 'create complete list copy acl batch parts'.split(),
    # The answer to a HEAD tells no code, and what a GET brings may look like
    # an error, and rightly so.
    'coded': [kind for kind in ALL if kind != 'head'],
    'told': [kind for kind in ALL if kind not in ('get', 'range', 'head')],
    'whole': ['get'],
    'range': ['range'],
    'pinned': ['range'],
    'tagged': ['put', 'part'],
}
Fault = collections.namedtuple(
    'Fault', 'strike once always to late early but attempts')


def fault(strike, once=OK, always=REFUSED, to='any', late=True, early=False,
          attempts=2, **but):
    """Describe a fault: what it sends; what comes of it once and always, a
    class of errors or several; to which answers it can come; whether the
    request is carried out before (`late`), or not even read (`early`); and
    what comes of it always, in `but` some kinds of requests."""
    return Fault(strike, once, always, to, late, early, but, attempts)


def send(change, then=False):
    """Send the right answer with a change; `then` says whether to go on."""
    def strike(shop, sock, asked, raw):
        sock.sendall(change(raw))
        return then
    return strike


def instead(raw):
    """Send this and go on; to HEAD without a body."""
    def strike(shop, sock, asked, right):
        sock.sendall(raw if asked.method != 'HEAD'
                     else raw[:raw.index(b'\r\n\r\n') + 4])
        return True
    return strike


def then(change, act):
    """Send the answer with a change, then do something to the socket."""
    def strike(shop, sock, asked, raw):
        sock.sendall(change(raw))
        return act(sock, asked)
    return strike


def gone(shop, sock, asked, raw):
    """Be refused from now on."""
    shop.script.vanish()
    return False


def retold(raw, *lines, **told):
    """Write an answer anew, with more headers, and perhaps another status
    line or body; without the length, and without `drop`."""
    head, _, body = raw.partition(b'\r\n\r\n')
    first, *rest = head.decode('latin-1').split('\r\n')
    dropped = ('content-length',) + told.get('drop', ())
    return head_of(
        [line for line in rest if not line.lower().startswith(dropped)]
        + list(lines), told.get('first', first), told.get('body', body))


def sized(raw, body, *lines, **told):
    """Write an answer anew, with another body of the right length."""
    return retold(raw, 'Content-Length: %d' % len(body), *lines, body=body,
                  **told)


def body_of(raw):
    return raw.partition(b'\r\n\r\n')[2]


def as_chunks(raw, **more):
    body = body_of(raw)
    return retold(raw, 'Transfer-Encoding: chunked', body=chunks(
        body, size=max(500, len(body) // 9), **more))


def badly_chunked(body):
    return send(lambda raw: retold(
        raw, 'Transfer-Encoding: chunked', body=body))


def half_of(raw):
    return raw[:-(len(body_of(raw)) + 1) // 2] if body_of(raw) else raw[:-1]


def as_xml(body):
    return send(lambda raw: sized(raw, body), True)


def says(*error, **more):
    return instead(error_answer(*error, **more))


def rewritten(*change, **more):
    return send(lambda raw: re.sub(*change, string=raw, count=1), True)


TRAP = (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
        b'<!ENTITY b "&a;&a;&a;&a;&a;&a;">]><ListBucketResult>&b;'
        b'</ListBucketResult>')
FILE = (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/'
        b'passwd">]><ListBucketResult>&a;</ListBucketResult>')
WEB_PAGE = answer(200, b'<html><body>Log in</body></html>',
              {'Content-Type': 'text/html'})
ANY = OK, tinys3.S3Error
REPLIES = tinys3.ResponseError
AHEAD = {'Date': 'Sat, 25 May 2033 00:00:00 GMT'}
# Only a HEAD's status tells, which does not say why.
FAULTS = {
    'refused': fault(gone, once=REFUSED),
    'reset unread': fault(
        lambda shop, sock, asked, raw: reset(sock, asked), late=False,
        early=True),
    'reset before': fault(then(lambda raw: b'', reset)),
    'reset in the head': fault(then(lambda raw: raw[:10], reset)),
    'reset in the body': fault(then(half_of, reset)),
    'reset after': fault(then(bytes, reset), always=ANY),
    'closed before': fault(send(lambda raw: b'')),
    'closed unread': fault(send(lambda raw: b''), late=False, early=True),
    'closed in the head': fault(send(lambda raw: raw[:15])),
    'closed in the body': fault(send(half_of)),
    'closed after': fault(send(bytes), always=OK),
    'silence': fault(then(lambda raw: b'', silent), attempts=1),
    'silence in the head': fault(then(lambda raw: raw[:15], silent),
                                 attempts=0),
    'silence in the body': fault(then(half_of, silent), attempts=0),
    'garbage': fault(send(lambda raw: b'\x00\xff\r\n\r\n', True)),
    'another protocol': fault(send(lambda raw: b'SSH-2.0-OpenSSH\r\n', True)),
    'HTTP/0.9': fault(send(lambda raw: b'<html>hello</html>')),
    'HTTP/2': fault(send(lambda raw: raw.replace(b'/1.1', b'/2', 1))),
    'HTTP/1.0': fault(send(lambda raw: raw.replace(b'1.1', b'1.0', 1)),
                      always=OK),
    'no length': fault(
        send(retold), once=ANY, always=OK, to='body', get=REFUSED,
        range=REFUSED),
    'status 99': fault(send(lambda raw: raw.replace(b' 20', b' 99', 1))),
    'status 600': fault(send(lambda raw: raw.replace(b' 20', b' 60', 1))),
    'some 1xx': fault(send(lambda raw: b'HTTP/1.1 102 Wait\r\n\r\n' * 9 + raw,
                           True), always=OK),
    'only 1xx': fault(send(lambda raw: b'HTTP/1.1 100 Go\r\n\r\n' * 99)),
    '100 headers': fault(send(lambda raw: raw.replace(b'\r\n', b''.join(
        b'\r\nA%d: b' % n for n in range(100)) + b'\r\n', 1), True),
        always=OK),
    'a flood of headers': fault(send(
        lambda raw: b'HTTP/1.1 200 OK\r\n' + b'A: b\r\n' * 20000)),
    'an endless header': fault(send(
        lambda raw: b'HTTP/1.1 200 ' + b'a' * 100000)),
    'a malformed header': fault(send(
        lambda raw: raw.replace(b'\r\n', b'\r\nno colon\r\n', 1))),
    'folded headers': fault(send(
        lambda raw: raw.replace(b'\r\n', b'\r\nA: b\r\n c\r\n', 1), True),
        always=OK),
    'bare line feeds': fault(send(
        lambda raw: raw.partition(b'\r\n\r\n')[0].replace(b'\r\n', b'\n')
        + b'\n\n' + body_of(raw), True), always=OK),
    'chunks': fault(send(as_chunks, True), to='body', always=OK),
    'chunks with extensions': fault(send(lambda raw: as_chunks(
        raw, extension=';a=b', trailers='C: d\r\n'), True), to='body',
        always=OK),
    'no chunk': fault(badly_chunked(b''), to='body'),
    'a chunk of no size': fault(badly_chunked(b'x\r\nhello\r\n'), to='body'),
    'a chunk cut short': fault(badly_chunked(b'9\r\nhell'), to='body'),
    'a chunk too long': fault(badly_chunked(b'1\r\nhello\r\n0\r\n\r\n'),
                              to='body'),
    'a vast chunk': fault(badly_chunked(b'f' * 99 + b'\r\n'), to='body'),
    'no last chunk': fault(send(lambda raw: as_chunks(raw)[:-5]), to='body',
                           range=ANY),
    'endless trailers': fault(send(lambda raw: as_chunks(
        raw, trailers='A: b\r\n' * 200)), to='body', range=ANY),
    'gzip in transfer': fault(send(lambda raw: retold(
        raw, 'Transfer-Encoding: gzip, chunked')), to='body'),
    'length too large': fault(send(lambda raw: retold(
        raw, 'Content-Length: %d' % (len(body_of(raw)) + 1))), to='body',
        range=ANY, get=(REFUSED, tinys3.IntegrityError)),
    'length of no number': fault(send(
        lambda raw: retold(raw, 'Content-Length: -1'))),
    'two lengths': fault(send(lambda raw: retold(
        raw, 'Content-Length: 3', 'Content-Length: 4'))),
    'one length twice': fault(send(lambda raw: sized(
        raw, body_of(raw), 'Content-Length: %d' % len(body_of(raw))), True),
        to='body', always=OK),
    'surplus bytes': fault(send(lambda raw: raw + b'HTTP/1.1 200 OK\r\n',
                                True), always=OK),
    'a second answer': fault(send(
        lambda raw: raw + answer(404, b'<Error/>'), True), always=OK),
    'byte by byte': fault(
        lambda shop, sock, asked, raw: [
            sock.sendall(raw[n:n + 1]) for n in range(300)]
        and not sock.sendall(raw[300:]), always=OK),
    'a web page': fault(instead(WEB_PAGE)),
    'a web page, 503': fault(instead(answer(
        503, b'<html>', {'Content-Type': 'text/html'})), always=REPLIES,
        late=False),
    'XML cut': fault(send(lambda raw: sized(raw, body_of(raw)[:-3]), True),
                     to='xml'),
    'no XML': fault(as_xml(b'hello'), to='xml'),
    'nothing for XML': fault(as_xml(b''), to='xml'),
    'other XML': fault(as_xml(b'<Other></Other>'), to='xml'),
    'an XML bomb': fault(as_xml(TRAP), to='xml'),
    'an external entity': fault(as_xml(FILE), to='xml'),
    'XML too deep': fault(as_xml(b'<CopyObjectResult>' * 99), to='xml'),
    'XML after spaces': fault(send(
        lambda raw: sized(raw, b' \n' * 99 + body_of(raw)), True), to='xml',
        always=OK),
    'XML zipped': fault(send(lambda raw: sized(
        raw, gzip.compress(body_of(raw)), 'Content-Encoding: gzip'), True),
        to='xml', always=OK),
    'no ETag': fault(send(lambda raw: sized(
        raw, body_of(raw), drop=('etag',)), True), to='tagged',
        once=REFUSED),
    'another ETag': fault(
        rewritten(b'ETag: "[^"]*', b'ETag: "x'), to='pinned',
        once=tinys3.IntegrityError, always=tinys3.IntegrityError),
    'a wrong checksum': fault(
        rewritten(b'\r\n', b'\r\nx-amz-checksum-crc32: AAAAAA==\r\n'),
        to='whole', once=(OK, tinys3.IntegrityError),
        always=tinys3.IntegrityError),
    'another Content-Range': fault(
        rewritten(br'bytes (\d*)', br'bytes 1\1'), to='range',
        once=tinys3.IntegrityError, always=tinys3.IntegrityError),
    'no Content-Range': fault(
        rewritten(b'Content-Range', b'Other'), to='range',
        once=tinys3.IntegrityError, always=tinys3.IntegrityError),
    'the whole for a range': fault(
        lambda shop, sock, asked, raw: not sock.sendall(
            shop.get(shop.named(asked), asked)), to='range', once=ANY,
        always=ANY),
    'an error in a 200': fault(instead(answer(
        body=error_answer(200, 'InternalError').partition(b'\r\n\r\n')[2])),
        to='told', always=REPLIES, late=False),
    'refused in a 200': fault(instead(answer(
        body=error_answer(200, 'AccessDenied').partition(b'\r\n\r\n')[2])),
        to='told', once=tinys3.AccessDenied, always=tinys3.AccessDenied,
        late=False, acl=OK),
    'a redirect': fault(says(307, 'TemporaryRedirect', headers={
        'Location': 'http://127.0.0.1:9/'}), once=REPLIES, always=REPLIES,
        late=False),
    'skew': fault(says(403, 'RequestTimeTooSkewed', headers=AHEAD),
                  always=tinys3.AccessDenied, late=False, acl=OK),
    'expired': fault(says(400, 'ExpiredToken'), to='coded', always=REPLIES,
                     late=False),
    'denied': fault(says(403, 'AccessDenied'), once=tinys3.AccessDenied,
                    always=tinys3.AccessDenied, late=False, acl=OK),
    'missing': fault(says(404, 'NoSuchKey'), once=tinys3.NotFound,
                     always=tinys3.NotFound, late=False),
    'not implemented': fault(says(501, 'NotImplemented'), once=REPLIES,
                             always=REPLIES, late=False, acl=OK, batch=OK),
    'conflict': fault(says(409, 'OperationAborted'), to='coded',
                      always=REPLIES, late=False),
}
FAULTS.update(
    (str(status), fault(says(status, code), always=REPLIES, late=False))
    for status, code in ((500, 'InternalError'), (502, 'BadGateway'),
                         (503, 'SlowDown'), (504, 'GatewayTimeout'),
                         (429, 'TooManyRequests'), (408, 'RequestTimeout')))


# -- the engine

def phases(name, fault):
    """Yield which requests of an operation a fault comes to: 'once' to each
    of them, or always to one kind of them."""
    kinds = OPERATIONS[name].kinds.split()
    hit = [kind for kind in kinds if kind in ANSWERS[fault.to]]
    if fault.to == 'pinned' and name == 'get a range':
        return          # which version it is of, nobody asked
    if hit:
        yield 'once'
    if fault.attempts:      # else it would only take longer
        # The parts of an open file go the way of an upload's.
        for kind in hit if name != 'open to write parts' else ():
            yield kind
        # Nor can the parts be given up then.
        if name == 'upload in parts' and 'abort' in ANSWERS[fault.to] and (
                fault.always is not tinys3.NotFound and not fault.late):
            yield 'part abort'
            yield 'complete abort'


def expected(name, fault, phase):
    """Return the classes of which the error must be, OK for none."""
    classes = fault.once if phase == 'once' else fault.but.get(
        phase.split()[0], fault.always)
    if phase == 'complete' and fault.late and fault.attempts > 1 and (
            fault.strike is not gone):
        classes = OK        # the second answer is that there is none: it is
                            # looked up
    if fault.to == 'body' and phase == 'once' and name in STREAMS:
        classes = OK, REFUSED, tinys3.IntegrityError    # where would it end?
    return classes if isinstance(classes, tuple) else (classes,)


def combined():
    for fault in FAULTS:
        for name in OPERATIONS:
            if any(phases(name, FAULTS[fault])):
                yield pytest.param(name, fault, id='%s, %s' % (fault, name))


def guarded(call, seconds=30):
    """Return the error of a call and what it returned; fail if it hangs."""
    ends = []

    def run():
        try:
            ends.append((None, call()))
        except Exception as error:
            ends.append((error, None))
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    assert ends, 'it hangs: ' + ''.join(traceback.format_stack(
        sys._current_frames()[thread.ident]))
    return ends[0]


def soon(true):
    """Wait up to two seconds until something is true."""
    for _ in range(2000):
        if true():
            return True
        time.sleep(0.001)
    return False


def suffer(name, shop, folder, call=None, **options):
    """Let a shop serve an operation; return the error and what came. No
    thread and no connection may be left."""
    path, threads = os.path.join(str(folder), 'file'), _thread._count()
    with open(path, 'wb') as file:
        file.write(b'before')
    with Script(*[shop] * 5000) as script:
        shop.script = script
        conn = scripted(script, credentials=lambda: (
            tinys3.Credentials(ACCESS, SECRET, os.urandom(4).hex())),
            **options)
        conn._part_size = SHARE
        found = guarded(lambda: (call or OPERATIONS[name].call)(conn, path))
        conn.close()
        assert soon(lambda: not script._open), 'a connection is left'
    assert soon(lambda: _thread._count() <= threads), 'a thread is left'
    assert os.listdir(str(folder)) == ['file']
    if found[0] is not None or 'download' not in name:
        with open(path, 'rb') as file:
            assert file.read() == b'before'
    return found


def check_state(name, shop, error):
    """The objects are those of before or after, and no upload is left that
    the error does not name."""
    before, after = Shop().state(), dict(
        Shop().state(), **OPERATIONS[name].changes)
    after = {key: after[key] for key in after if after[key] is not None}
    assert shop.state() == after or (error and shop.state() == before)
    assert shop.orphans() in ([], [getattr(error, 'upload_id', None)])
    assert not shop.orphans() or 'abort' in shop.kinds or (
        shop.fault.strike is gone)


def check_error(name, error):
    """It is ours, and says what was tried on what, in one line."""
    if not isinstance(error, tinys3.S3Error):
        raise error
    text = str(error)
    assert text.startswith('%s s3://bucket' % error.method)
    assert '\n' not in text and SECRET not in text
    assert error.bucket == 'bucket'
    if name not in ('list', 'delete_many'):
        assert text.startswith('%s s3://bucket/%s: ' % (
            error.method, error.key))


def check_case(name, fault, phase, folder):
    """Let a fault come to some requests of an operation."""
    kind, once = FAULTS[fault], phase == 'once'
    kinds = ANSWERS[kind.to] if once else phase.split()
    if phase == 'get' and kind.to != 'whole':
        kinds = ['get', 'range']        # what is resumed
    shop = Shop(kind, kinds, 1 if once else 9 ** 9)
    error, came = suffer(
        name, shop, folder, retry=5 if once else kind.attempts,
        # A connection that waits to be accepted may hang when all vanishes.
        timeout=0.1 if 'silence' in fault else 2 if fault == 'refused' else 60)
    if error is None:
        assert came == OPERATIONS[name].came
    else:
        check_error(name, error)
    check_state(name, shop, error)
    if isinstance(error, tinys3.BatchError):
        error = next(iter(error.errors.values()))
    assert isinstance(error, expected(name, kind, phase)), error
    if fault.isdigit() and not once:
        assert error.status_code == int(fault)


@each('name, fault', list(combined()))
def test_fault(name, fault, tmp_path):
    for phase in phases(name, FAULTS[fault]):
        check_case(name, fault, phase, tmp_path)


def cutting(counter):
    """Cut an answer a byte later each time; a large one at some places."""
    def strike(shop, sock, asked, raw):
        place = next(counter)
        if place > 700:
            place += (place - 700) * len(raw) // 50
        sock.sendall(raw[:place])
        return place >= len(raw)
    return fault(strike)


def kinds_of(names):
    return each('name, kind', [(name, kind) for name in names
                               for kind in OPERATIONS[name].kinds.split()])


@kinds_of(OPERATIONS)
def test_an_answer_cut_at_every_byte_is_asked_for_again(name, kind, tmp_path):
    shop = Shop(cutting(itertools.count()), [kind], 9 ** 9)
    error, came = suffer(name, shop, tmp_path, retry=2000, timeout=60)
    assert (error, came) == (None, OPERATIONS[name].came)
    check_state(name, shop, error)


# Those of large objects would take too long.
@kinds_of(name for name in OPERATIONS if DUO not in [
    OPERATIONS[name].came, *OPERATIONS[name].changes.values()])
def test_an_answer_cut_at_any_byte_is_an_error(name, kind, tmp_path):
    def until_whole(conn, path):
        while True:
            try:
                return OPERATIONS[name].call(conn, path)
            except tinys3.S3Error as error:
                check_error(name, error)
                errors.append(error)
    shop, errors = Shop(cutting(itertools.count()), [kind], 9 ** 9), []
    error, came = suffer(name, shop, tmp_path, until_whole, retry=1,
                         timeout=60)
    assert (error, came) == (None, OPERATIONS[name].came)
    assert len(errors) >= 19            # there is one for each byte
    check_state(name, shop, error)


def test_every_operation_asks_what_the_table_says(tmp_path):
    for name in OPERATIONS:
        shop = Shop()
        error, came = suffer(name, shop, tmp_path, retry=1, timeout=60)
        assert (error, came) == (None, OPERATIONS[name].came)
        assert set(shop.kinds_seen) == set(OPERATIONS[name].kinds.split())
        check_state(name, shop, error)


# ---------------------------------------------------------------------------
# Folders
# ---------------------------------------------------------------------------

OLD, NEW = '2013-05-24T00:00:00.000Z', '2098-01-01T00:00:00.500Z'  # OLD is NOW
FUTURE = NOW + 3e9           # after NEW
LEAVES = {'plain': b'plain', 'empty': b'', 'sub/in/deep.txt': b'deep' * 9999,
          'sub-way': b'sorts before sub/', 'a b/and + %41~.txt': b'odd',
          '\xfcn\xef/\u65e5\u672c\U0001f600': b'unicode',
          'part': HUGE[:PART], 'sub/more': HUGE[:PART + 1]}
needs_links = pytest.mark.skipif(os.name == 'nt', reason='links take rights')


def plant(root, leaves, mtime=NOW):
    """Make a folder of files that were written at a time."""
    for name, data in leaves.items():
        path = root.joinpath(*name.split('/'))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(str(path), (mtime, mtime))
    return root


def harvest(root):
    """Return the files of a folder, links and all, by their names."""
    return {os.path.relpath(os.path.join(at, name), str(root)).replace(
        os.sep, '/'): open_and_read(os.path.join(at, name))
        for at, _, names in os.walk(str(root)) for name in names}


def open_and_read(path):
    with open(path, 'rb') as file:
        return file.read()


class Grove(object):
    """A little S3 of one bucket, as an answer of a Script.

    `objects` has bytes and a date by key; listings come in the order of the
    mapping, `page` entries at a time. `step` may answer in its place: it is
    called with what is asked for, as 'PUT key'. `told` has all of that.
    """

    def __init__(self, objects=(), step=None, page=1000, etag=None):
        self.objects = collections.OrderedDict(
            (key, (data, OLD)) for key, data in dict(objects).items())
        self.step, self.page, self.told = step, page, []
        self.etag = etag or (lambda data: hashlib.md5(data).hexdigest())
        self.sizes, self._lock = {}, threading.Lock()

    def __call__(self, sock, asked):
        path, _, query = asked.target.partition('?')
        key = urllib.parse.unquote(path[len('/bucket/'):])
        query = dict(urllib.parse.parse_qsl(query, True))
        what = 'LIST' if 'list-type' in query else '%s %s' % (
            asked.method, key)
        self.told.append(what)
        raw = self.step(what) if self.step else None
        with self._lock:
            right = None if raw else self._answer(asked, key, query)
        raw = raw or right
        sock.sendall(raw)
        return raw is right

    def _answer(self, asked, key, query):
        if asked.method == 'PUT':
            self.objects[key] = asked.body, NEW
        if 'delete' in query:
            for found in re.findall(b'<Key>(.*?)</Key>', asked.body):
                self.objects.pop(found.decode())
            return answer(body=b'<DeleteResult/>')
        if 'list-type' in query:
            return answer(body=self._list(**query))
        data = self.objects[key][0]
        return answer(body=data if asked.method == 'GET' else b'', headers={
            'ETag': '"%s"' % self.etag(data), 'Last-Modified': MODIFIED})

    def _list(self, prefix='', **query):
        start = int(query.get('continuation-token', 0))
        found = [row for row in self.objects.items()
                 if row[0].startswith(prefix)]
        return ('<ListBucketResult><EncodingType>url</EncodingType>%s'
                '<IsTruncated>%s</IsTruncated><NextContinuationToken>%d'
                '</NextContinuationToken></ListBucketResult>' % (''.join(
                    self._entry(key, *row)
                    for key, row in found[start:start + self.page]),
                    str(start + self.page < len(found)).lower(),
                    start + self.page)).encode()

    def _entry(self, key, data, date):
        return ('<Contents><Key>%s</Key><Size>%d</Size><LastModified>%s'
                '</LastModified><ETag>&quot;%s&quot;</ETag></Contents>' % (
                    urllib.parse.quote(key), self.sizes.get(key, len(data)),
                    date, self.etag(data)))

    def all(self):
        """Return the bytes of all objects by their keys."""
        return {key: data for key, (data, _) in self.objects.items()}


@contextlib.contextmanager
def growing(*args, **more):
    """Lend a Connection to a grove, and the grove."""
    grove = Grove(*args, **{name: more.pop(name) for name in (
        'step', 'page', 'etag') if name in more})
    options = dict(part_size=PART, retry=1)
    options.update(more)
    with talk(*[grove] * 5000, **options) as (conn, _):
        yield conn, grove


def both(conn, root, **more):
    """The two operations, by name, on the whole bucket."""
    return {'up': functools.partial(conn.upload_dir, root, **more),
            'down': functools.partial(conn.download_dir, '', root, **more)}


each_way = each('way', ['up', 'down'])


def names_failed(summary):
    return sorted(name for name, _ in summary.failed)


class Folders(OnBoth):
    """Folders, on a server."""

    def test_a_tree_goes_up_and_comes_down(self, ops, key, tmp_path):
        up = ops('upload_dir', plant(tmp_path / 'up', LEAVES), key)
        down = ops('download_dir', key, tmp_path / 'deep' / 'down')
        assert harvest(tmp_path / 'deep' / 'down') == LEAVES
        assert up == down == (len(LEAVES), 0, 0, sum(
            map(len, LEAVES.values())), [])

    def test_a_second_run_transfers_nothing(self, ops, key, tmp_path):
        root = plant(tmp_path / 'up', LEAVES)
        ops('upload_dir', root, key)
        ops('download_dir', key, tmp_path / 'down')
        for call in (('upload_dir', root, key + '/'),
                     ('download_dir', key, tmp_path / 'down')):
            assert ops(*call, delete=True) == (0, len(LEAVES), 0, 0, [])

    @each('data, newer, more, sent', [
        (b'hello', True, {}, 0), (b'HELLO', True, {}, 1),
        (b'HELLO', False, {}, 0), (b'HELLO', False, {'checksum': True}, 1),
        (b'hello', False, {'checksum': True}, 0), (b'hello!', False, {}, 1),
        (b'', False, {}, 1)])
    @each_way
    def test_what_changed_is_transferred(self, way, data, newer, more, sent,
                                         ops, key, tmp_path):
        ops('upload', key + '/f', b'hello')
        # The source is newer: the file, or the object.
        root = plant(tmp_path, {'f': data},
                     FUTURE if newer is (way == 'up') else NOW)
        summary = ops(*{'up': ('upload_dir', root, key),
                        'down': ('download_dir', key, root)}[way], **more)
        assert summary[:2] == (sent, 1 - sent)
        stored = ops('get', key + '/f').content
        assert (stored == open_and_read(str(root / 'f'))) is bool(
            sent or data == b'hello')

    @each('more', [{}, {'checksum': True}])
    def test_etags_of_parts_are_compared(self, more, ops, key, tmp_path):
        root = plant(tmp_path, {'f': HUGE}, FUTURE)
        assert ops('upload_dir', root, key)[:2] == (1, 0)
        assert ops('upload_dir', root, key, **more)[:2] == (0, 1)
        plant(root, {'f': b'!' + HUGE[1:]}, FUTURE)
        assert ops('upload_dir', root, key, **more)[:2] == (1, 0)

    def test_a_prefix_is_a_folder(self, ops, key, tmp_path):
        ops('upload', key + '-2', b'another')
        root = plant(tmp_path / 'up', {'a': b'1', 'b/c': b'2'})
        ops('upload_dir', root, key, delete=True)
        assert sorted(entry['key'] for entry in ops('list', key)) == [
            key + '-2', key + '/a', key + '/b/c']
        assert ops('download_dir', key + '/b', tmp_path / 'down')[0] == 1
        assert harvest(tmp_path / 'down') == {'c': b'2'}

    def test_what_is_too_much_is_deleted(self, ops, key, tmp_path):
        root = plant(tmp_path, {'a': b'1', 'b/c': b'2', 'b/d': b'3'})
        ops('upload_dir', root, key)
        (root / 'b' / 'c').unlink()
        assert ops('upload_dir', root, key, delete=True) == (0, 2, 1, 0, [])
        plant(root, {'b/e': b'4', 'z': b'5'}, FUTURE)
        assert ops('download_dir', key, root, delete=True) == (0, 2, 2, 0, [])
        assert harvest(root) == {'a': b'1', 'b/d': b'3'}

    def test_markers_of_folders_are_left_alone(self, ops, key, tmp_path,
                                               server):
        needs(server, 'odd keys')
        for name in ('/', '/empty/', '/a/', '/a/b'):
            ops('upload', key + name, b'x' * (name == '/a/b'))
        assert ops('download_dir', key, tmp_path, delete=True)[:3] == (1, 0, 0)
        assert harvest(tmp_path) == {'a/b': b'x'}
        assert ops('upload_dir', tmp_path, key, delete=True)[:3] == (0, 1, 0)
        assert len(list(ops('list', key + '/'))) == 4

    @each('threads', [1, 3])
    def test_large_among_small_files_end_with_few_threads(
            self, threads, server, shared_bucket, key, tmp_path):
        leaves = {'%s%d' % (name, size): HUGE[:size] for name in 'ab'
                  for size in (0, 9, PART, PART + 1, 99)}
        with connect(server, default_bucket=shared_bucket, part_size=PART,
                     part_threads=threads) as conn:
            conn.upload_dir(plant(tmp_path / 'up', leaves), key)
            conn.download_dir(key, tmp_path / 'down')
        assert harvest(tmp_path / 'down') == leaves

    @each_way
    def test_progress_counts_each_byte_of_a_tree(self, way, ops, key,
                                                 tmp_path):
        lock, news = threading.Lock(), []

        def report(size):
            assert lock.acquire(False), 'two threads at once'
            news.append(size)
            lock.release()
        calls = {'up': ('upload_dir', plant(tmp_path / 'up', LEAVES), key),
                 'down': ('download_dir', key, tmp_path / 'down')}
        ops(*calls['up'], progress=report if way == 'up' else None)
        ops(*calls[way], progress=report)       # nothing more on the way up
        assert sum(news) == sum(map(len, LEAVES.values())) and min(news) > 0


class TestConnectionFolders(OnConnection, Folders):
    """Folders of a Connection."""


class TestPoolFolders(OnPool, Folders):
    """Folders of a Pool."""


@each_way
def test_what_is_the_same_takes_a_listing_only(way, tmp_path):
    leaves = {'a': b'1', 'b/c': b'22'}
    with growing(leaves) as (conn, grove):
        assert both(conn, plant(tmp_path, leaves))[way]() == (0, 2, 0, 0, [])
    assert grove.told == ['LIST']


def test_the_whole_bucket_has_an_empty_prefix(tmp_path):
    with growing({'a': b'1'}) as (conn, grove):
        conn.upload_dir(plant(tmp_path, {'b/c': b'2'}), '', delete=True)
    assert grove.all() == {'b/c': b'2'}


each_disorder = each('count, page', [
    (20, 1000), (20, 7), (2403, 400), (3403, 400)])


def shuffled(count):
    """Return files in a disorder that begins late, as that of a server
    which sorts `a-1` behind `a/1`."""
    names = ['%04d' % number for number in range(count - 2)]
    late = ['b' + name for name in names[1000:]]    # too far to be foreseen
    return collections.OrderedDict(
        (name, name.encode())
        for name in names[:1000] + ['a/1'] + late + ['a-1'])


@each_disorder
@each_way
def test_a_listing_in_disorder_gives_right_results(way, count, page, tmp_path):
    leaves = shuffled(count)
    some = {name: leaves[name] for name in sorted(leaves)[3:]}
    with growing(leaves, page=page) as (conn, grove):
        root = plant(tmp_path, dict(some, own=b'o'))
        summary = both(conn, root, delete=True)[way]()
        again = count > 3000    # a-1 was sent before it came
        assert summary == ((1 + again, count - 3 - again, 3, 1 + 3 * again, [])
                           if way == 'up' else
                           (3, count - 3, 1, 12, []))
        assert harvest(root) == grove.all()


@each('seed', range(20))
@each_way
def test_no_disorder_costs_a_file(way, seed, tmp_path, monkeypatch):
    monkeypatch.setattr(tinys3, '_MAX_BATCH', 3)    # that is foreseen
    chance = random.Random(seed)
    names = [a + b + c for a in 'abc' for b in '-/0' for c in 'xy']
    here, there = ({name: b'%d' % chance.randrange(100) for name
                    in chance.sample(names, chance.randrange(15))}
                   for _ in '12')
    shuffled = collections.OrderedDict(
        (name, there[name]) for name in chance.sample(sorted(there),
                                                      len(there)))
    with growing(shuffled, page=4) as (conn, grove):
        root = plant(tmp_path, here)
        summary = both(conn, root, delete=True, checksum=True)[way]()
    source, target = (here, there) if way == 'up' else (there, here)
    assert harvest(root) == grove.all() == source
    assert (summary.transferred + summary.skipped, summary.deleted) == (
        len(source), len(set(target) - set(source)))


@each('more, count', [({}, 12), ({'dry_run': True}, 0)])
@each_way
def test_in_a_disorder_each_file_counts_once(way, more, count, tmp_path):
    leaves = shuffled(2403)     # of which twelve are to be transferred
    with growing(leaves, page=400, etag=lambda data: 'no digest') as (
            conn, grove):
        root = plant(tmp_path, leaves)
        summary = both(conn, root, checksum=True, include=['a?1', '000?'],
                       **more)[way]()
    assert summary == (12, 0, 0, 46, [])
    assert len(grove.told) - grove.told.count('LIST') == count


@each('more, taken', [
    ({'include': '*.jpg'}, 'a.jpg b/c.jpg'), ({'include': ['a*', '*/d*']},
                                              'a.jpg a.txt b/d.txt'),
    ({'exclude': 'b/*'}, 'a.jpg a.txt'), ({'exclude': ('*.jpg', 'a*')},
                                          'b/d.txt'),
    ({'include': '*.jpg', 'exclude': ['b/*']}, 'a.jpg'),
    ({'include': [], 'exclude': ()}, 'a.jpg a.txt b/c.jpg b/d.txt'),
    ({'include': '*.JPG'}, ''), ({'include': ('?.jpg',)}, 'a.jpg')])
@each_way
def test_patterns_choose_names(way, more, taken, tmp_path):
    leaves = dict.fromkeys(('a.jpg', 'a.txt', 'b/c.jpg', 'b/d.txt'), b'x')
    with growing(leaves if way == 'down' else ()) as (conn, grove):
        root = plant(tmp_path, leaves if way == 'up' else {})
        both(conn, root, **more)[way]()
        assert sorted(harvest(root) if way == 'down' else grove.all()) == (
            taken.split())


@each('more', [{'exclude': 'keep*'}, {'include': 'd*'}])
@each_way
def test_what_patterns_leave_out_is_not_deleted(way, more, tmp_path):
    there, here = {'keep/1': b'', 'drop': b''}, {'keep2': b'', 'drop2': b''}
    with growing(there) as (conn, grove):
        root = plant(tmp_path, here)
        assert both(conn, root, delete=True, **more)[way]()[:3] == (1, 0, 1)
        left = sorted(grove.all() if way == 'up' else harvest(root))
    assert left == {'up': ['drop2', 'keep/1'], 'down': ['drop', 'keep2']}[way]


@each_way
def test_nothing_is_deleted_after_a_failure(way, tmp_path):
    def step(what):
        return error_answer(403, 'AccessDenied') if what.endswith('b') else (
            None)
    with growing({'b': b'1', 'c': b'2', 'd': b'3'}, step=step) as (
            conn, grove):
        root = plant(tmp_path, {'a': b'', 'b': b'', 'c': b''})
        summary = both(conn, root, delete=True)[way]()
        assert names_failed(summary) == ['b'] and summary.deleted == 0
        assert summary.transferred == 2
        assert isinstance(summary.failed[0][1], tinys3.AccessDenied)
        assert len(grove.objects) == {'up': 4, 'down': 3}[way]
        assert len(harvest(root)) == {'up': 3, 'down': 4}[way]


@each_way
def test_nothing_is_deleted_after_half_a_listing(way, tmp_path):
    there = ['%d' % number for number in range(6)]
    with growing(dict.fromkeys(there, b'1'), page=2, step=lambda what: (
            error_answer(403, 'AccessDenied')
            if len(grove.told) > 2 else None)) as (conn, grove):
        root = plant(tmp_path, {'own': b''})
        with pytest.raises(tinys3.AccessDenied):
            both(conn, root, delete=True)[way]()
        assert harvest(root) == {'own': b''} and len(grove.objects) == 6


def test_objects_that_cannot_be_deleted_are_named(tmp_path):
    raw = answer(body=b'<DeleteResult><Error><Key>p/b</Key><Code>AccessDenied'
                      b'</Code></Error></DeleteResult>')
    with growing({'p/a': b'', 'p/b': b''}, step=lambda what: (
            raw if what.startswith('POST') else None)) as (conn, grove):
        summary = conn.upload_dir(tmp_path, 'p', delete=True)
    assert (summary.deleted, names_failed(summary)) == (1, ['b'])


@each_way
def test_a_dry_run_changes_nothing_and_counts_the_same(way, tmp_path):
    there = {'a': b'1', 'b': b'2', 'c/d': b'33', 'e': b'5', 'n//': b''}
    here = {'a': b'1', 'b': b'22', 'c/x': b'333', 'f': b'4'}
    with growing(there) as (conn, grove):
        root = plant(tmp_path, here)
        dry = both(conn, root, delete=True, dry_run=True)[way]()
        assert (grove.told, grove.all(), harvest(root)) == (
            ['LIST'], there, here)
        assert dry == both(conn, root, delete=True)[way]()
        assert dry.transferred and dry.deleted and not dry.failed


def test_a_dry_run_makes_no_folder(tmp_path):
    with growing({'a': b'1', 'b/c': b'22'}) as (conn, grove):
        assert conn.download_dir('', tmp_path / 'x', dry_run=True) == (
            2, 0, 0, 3, [])
    assert os.listdir(str(tmp_path)) == []


@each('more', [{}, {'dry_run': True}])
def test_a_dry_run_names_what_would_fail(more, tmp_path):
    with growing({'../a': b'', 'b': b'', 'c//d': b''}) as (conn, _):
        summary = conn.download_dir('', tmp_path / 'x', delete=True, **more)
    assert summary.transferred == 1 and names_failed(summary) == [
        '../a', 'c//d']


@each_way
@each('kind', [KeyError, OSError, ValueError, KeyboardInterrupt])
def test_what_progress_raises_ends_the_transfer_of_a_tree(
        kind, way, tmp_path):
    leaves = {'%03d' % number: b'x' * 99 for number in range(300)}
    error = kind('enough')
    report = Refuses(error, 5)
    with growing(leaves if way == 'down' else ()) as (conn, grove):
        root = plant(tmp_path, leaves if way == 'up' else {})
        with pytest.raises(kind) as caught:
            both(conn, root, progress=lambda news: report.write(
                b'%d' % news))[way]()
    assert caught.value is error and len(grove.told) < 30
    assert not [name for name in os.listdir(str(root)) if 'tinys3' in name]


def test_what_progress_raised_for_a_small_file_ends_a_large_one(tmp_path):
    calls, large_begins = [], threading.Event()

    def report(news):
        calls.append(news)
        large_begins.set()
        if news == 1:
            raise KeyboardInterrupt('enough')
    with growing({'a': b'1', 'b': HUGE * 2}, step=lambda what: (
            large_begins.wait(10) and None if what == 'GET a' else None)) as (
            conn, _), pytest.raises(KeyboardInterrupt, match='enough'):
        conn.download_dir('', tmp_path, progress=report)
    assert sum(calls) < 2 * len(HUGE)
    assert os.listdir(str(tmp_path)) == []


def test_what_progress_raised_ends_further_tries(tmp_path):
    asked, ended = threading.Event(), threading.Event()

    def step(what):
        if what == 'GET a':
            asked.set()
            if ended.wait(10):
                return error_answer(503, 'SlowDown')

    def report(news):
        assert asked.wait(10)
        ended.set()
        raise KeyboardInterrupt
    with growing({'a': b'', 'b': b'2'}, step=step, retry=100) as (
            conn, grove), pytest.raises(KeyboardInterrupt):
        conn.download_dir('', tmp_path, progress=report)
    assert 0 < grove.told.count('GET a') < 100


@each('name, value', [
    ('cache-control', 'max-age=60, public'), ('x-amz-acl', 'public-read'),
    ('content-type', 'text/x'), ('x-amz-meta-a', '1'),
    ('x-amz-storage-class', 'STANDARD_IA')])
def test_upload_options_reach_each_object(name, value, tmp_path):
    with in_parts() as (conn, parts):
        parts.fail = lambda kind, asked: answer(
            body=b'<ListBucketResult/>') if kind == 'list' else None
        parts._kind = lambda asked: 'list' if asked.method == 'GET' else (
            Parts._kind(asked))
        parts.told['list'] = []
        conn.upload_dir(
            plant(tmp_path, {'a': b'1', 'b/c': b'', 'd': HUGE}), 'p',
            expires=60, content_type='text/x', public=True,
            headers={'x-amz-storage-class': 'STANDARD_IA'},
            metadata={'a': '1'})
    sent = parts.told['put'] + parts.told['create']
    assert [asked.headers[name] for asked in sent] == [value] * 3


def test_a_summary_is_a_tuple_of_names_and_pickles(tmp_path):
    with growing({'../a': b'', 'b': b'1'}) as (conn, _):
        summary = conn.download_dir('', tmp_path)
    again = pickle.loads(pickle.dumps(summary))
    assert type(again) is tinys3.Summary and again[:4] == (1, 0, 0, 1)
    assert again._fields == ('transferred', 'skipped', 'deleted', 'bytes',
                             'failed')
    assert repr(again) == repr(summary) and names_failed(again) == ['../a']


HOSTILE = ['../x', '/x', 'a//b', '.', '..', 'a/.', 'a/../b', 'a/../../b',
           'n\0l', 'a/..', '//x', './x']


@each('name', HOSTILE + [
    'C:/x', 'c:x', 'a\\b', '..\\x', '\\\\host\\share', 'a:b', 'CON', 'con',
    'NUL.txt', 'a/aux', 'COM1', 'lpt9.x.y', 'COM\xb9', 'CONIN$', 'conout$',
    'a.', 'a ', 'a/b. /c', 'a\x01', 'a\nb', 'a\x1f', 'a?', 'a*', 'a|b', '<a',
    'a>', '"a"'])
def test_windows_gets_no_name_that_leads_elsewhere(name):
    with pytest.raises(ValueError):
        tinys3._local_name(name, windows=True)


@each('name', ['a', 'a/b', '..a', 'a..b/c', 'console', 'nuls', 'COM',
               'com0x', 'a.b', ' a', '.a/.b', '-', '~', '$x', '\xe4/\u65e5'])
@each('windows', [True, False])
def test_other_names_are_names_of_files(windows, name):
    assert tinys3._local_name(name, windows) == os.path.join(*name.split('/'))


@each('name', HOSTILE)
def test_hostile_names_are_named_and_the_rest_goes_through(name, tmp_path):
    root = plant(tmp_path / 'top' / 'root', {'own': b'o'})
    with growing({'p/' + name: b'bad', 'p/zz': b'good'}) as (conn, grove):
        summary = conn.download_dir('p', root, delete=True)
    assert summary[:4] == (1, 0, 0, 4) and names_failed(summary) == [name]
    assert isinstance(summary.failed[0][1], ValueError)
    assert harvest(tmp_path) == {'top/root/own': b'o', 'top/root/zz': b'good'}
    assert 'GET p/' + name not in grove.told


@needs_links
@each('name', ['link/f', 'link/new/f', 'in/link/f', 'file'])
@each('target', ['outside', 'root/inside'])
def test_no_link_is_followed_on_the_way_down(target, name, tmp_path):
    away, root = tmp_path / target, plant(tmp_path / 'root', {'in/x': b''})
    plant(away, {'f': b'old'}, FUTURE)
    (root / 'link').symlink_to(away)
    (root / 'in' / 'link').symlink_to(away)
    (root / 'file').symlink_to(away / 'f')
    with growing({name: b'new!', 'z': b''}) as (conn, _):
        summary = conn.download_dir('', root, delete=True)
    assert names_failed(summary) == [name] and summary.transferred == 1
    assert os.listdir(str(away)) == ['f'] and harvest(away) == {'f': b'old'}


@needs_links
def test_the_folder_itself_may_be_a_link(tmp_path):
    (tmp_path / 'real').mkdir()
    (tmp_path / 'link').symlink_to(tmp_path / 'real')
    with growing({'a/b': b'1'}) as (conn, grove):
        assert conn.download_dir('', tmp_path / 'link')[0] == 1
        assert conn.upload_dir(tmp_path / 'link')[:2] == (0, 1)
    assert harvest(tmp_path / 'real') == {'a/b': b'1'}


@needs_links
def test_links_are_never_deleted(tmp_path):
    (tmp_path / 'link').symlink_to(tmp_path / 'nowhere')
    with growing({'a': b'1'}) as (conn, grove):
        assert conn.download_dir('', tmp_path, delete=True)[:3] == (1, 0, 0)
    assert sorted(os.listdir(str(tmp_path))) == ['a', 'link']


@each('here', [{}, {'a': b'older'}, {'a/c': b'old'}])
def test_a_file_and_a_folder_of_one_name_are_not_both_made(here, tmp_path):
    with growing({'a': b'new', 'a/b': b'new', 'z': b''}) as (conn, _):
        summary = conn.download_dir('', plant(tmp_path, here, FUTURE))
    name, = names_failed(summary)
    left = harvest(tmp_path)
    assert (len(left), summary.transferred) == (2 + ('a/c' in here), 2)
    assert name not in left and left.get('a/c', b'old') == b'old'


@pytest.fixture
def one_case(monkeypatch):
    """Let the system be one that takes no notice of case."""
    monkeypatch.setattr(sys, 'platform', 'darwin')


@each('here', [{}, {'A': b'1'}, {'a': b'2'}])
def test_names_that_differ_in_case_alone_do_not_meet(
        here, one_case, tmp_path):
    with growing({'A': b'1', 'a': b'2', 'b': b'3'}) as (conn, _):
        summary = conn.download_dir('', plant(tmp_path, here))
    assert names_failed(summary) == ['a']
    assert set(harvest(tmp_path)) == set(here) | {'A', 'b'}


@each('old, new', [('READ.ME', 'read.me'), ('e\u0301', '\xe9'),
                   ('stra\xdfe', 'STRASSE')])
def test_a_file_that_came_under_another_case_is_not_deleted(
        old, new, one_case, tmp_path):
    with growing({new: b'1'}) as (conn, _):
        root = plant(tmp_path, {old: b'', 'surplus': b''})
        assert conn.download_dir('', root, delete=True).deleted == 1
    assert sorted(harvest(root)) == sorted([old, new])


def test_objects_that_fail_leave_nothing_and_the_rest_comes(tmp_path):
    bad = {'GET b': error_answer(403, 'InvalidObjectState'),
           'GET c/d': answer(body=b'12', length=3)}
    with growing({'a': b'1', 'b': b'2', 'c/d': b'333', 'e': b'5'},
                 step=bad.get) as (conn, _):
        summary = conn.download_dir('', tmp_path)
    assert names_failed(summary) == ['b', 'c/d']
    assert harvest(tmp_path) == {'a': b'1', 'e': b'5'}
    assert {getattr(error, 'code', None) for _, error in summary.failed} == {
        'InvalidObjectState', None}


def test_an_object_with_the_name_of_a_folder_is_not_lost_silently(tmp_path):
    with growing({'a/': b'', 'b/': b'bytes'}) as (conn, _):
        assert names_failed(conn.download_dir('', tmp_path)) == ['b/']


@needs_links
def test_what_is_no_file_is_passed_over_with_a_warning(tmp_path, caplog):
    root = plant(tmp_path, {'f': b'1', 'sub/g': b'2'})
    (root / 'link').symlink_to(root / 'f')
    (root / 'sub' / 'circle').symlink_to(root)
    os.mkfifo(str(root / 'pipe'))
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as sock:
        with within(root):
            sock.bind('socket')
        with growing() as (conn, grove):
            assert conn.upload_dir(root) == (2, 0, 0, 2, [])
    assert sorted(record.args[0] for record in caplog.records) == [
        'link', 'pipe', 'socket', 'sub/circle']


@contextlib.contextmanager
def within(folder):
    """Be in a folder: addresses of sockets are short."""
    before = os.getcwd()
    os.chdir(str(folder))
    try:
        yield
    finally:
        os.chdir(before)


@each('key', ['p/link', 'p/link/below', 'p/link/far/below'])
@each('more', [{}, {'include': ['*d', '*w']}, {'exclude': 'link'}])
def test_an_object_is_kept_whose_file_became_a_link(
        more, key, server, bucket, tmp_path):
    with connect(server, default_bucket=bucket) as conn:
        conn.upload(key, b'kept')
        conn.upload('p/linked', b'too much')
        os.symlink('/nowhere', str(tmp_path / 'link'))
        assert conn.upload_dir(
            str(tmp_path), 'p', delete=True, **more)[:3] == (0, 0, 1)
        assert conn.get(key).content == b'kept'


@needs_links
def test_of_what_is_passed_over_only_what_was_wanted_is_told(
        tmp_path, caplog):
    (tmp_path / 'a').symlink_to('nowhere')
    (tmp_path / 'b').symlink_to('nowhere')
    with growing() as (conn, _):
        for way in both(conn, tmp_path, exclude='a').values():
            assert way() == (0, 0, 0, 0, [])
    assert [record.args[0] for record in caplog.records] == ['b', 'b']


@pytest.mark.skipif(os.name == 'nt', reason='paths are short')
def test_folders_may_be_deeper_than_calls(tmp_path):
    with within(tmp_path):
        for _ in range(1100):
            os.mkdir('d')
            os.chdir('d')
        write('f', b'1')
        found = [name for name, _ in tinys3._walk_folder(
            str(tmp_path), (), None)]
        os.unlink('f')
        for _ in range(1100):
            os.chdir('..')
            os.rmdir('d')
    assert found == ['d/' * 1100 + 'f']


@pytest.mark.skipif(not sys.platform.startswith('linux'),
                    reason='only Linux has names that are no text')
@each('more', [{}, {'dry_run': True}])
def test_names_that_are_no_text_are_named(more, tmp_path):
    plant(tmp_path, {'a': b'1'})
    for name in (b'b\xff', b'c\xff/d'):
        path = os.path.join(os.fsencode(str(tmp_path)), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        open(path, 'wb').close()
    with growing({'old': b''}) as (conn, grove):
        summary = conn.upload_dir(tmp_path, delete=True, **more)
    assert summary[:3] == (1, 0, 0) and 'old' in grove.objects
    assert names_failed(summary) == ['b\udcff', 'c\udcff/d']


@pytest.mark.skipif(not hasattr(os, 'geteuid') or os.geteuid() == 0,
                    reason='root reads every folder')
@each_way
def test_a_folder_that_cannot_be_read_is_named(way, tmp_path):
    root = plant(tmp_path, {'a': b'1', 'sub/b': b'2'})
    (root / 'sub').chmod(0)
    try:
        with growing({'old': b'', 'sub/b': b'2'}) as (conn, grove):
            summary = both(conn, root, delete=True)[way]()
        assert 'sub/' in names_failed(summary) and summary.deleted == 0
    finally:
        (root / 'sub').chmod(0o700)


@pytest.mark.skipif(os.name == 'nt', reason='paths are short')
@each('more, failed', [({'exclude': ['*.tmp', 'a/*']}, 0), ({}, 1), (
    {'include': '*.txt'}, 1), ({'include': 'b', 'exclude': 'a/*'}, 0)])
@each_way
def test_a_folder_that_is_left_out_is_not_read(way, more, failed, tmp_path):
    root, name = plant(tmp_path / 'root', {'b': b'1'}), 'a' * 250
    with within(root):
        os.mkdir('a')
        os.chdir('a')
        for _ in range(17):     # until the path is too long to be read
            os.mkdir(name)
            os.chdir(name)
    with growing({'b': b'1'}) as (conn, _):
        summary = both(conn, root, **more)[way]()
    assert len(summary.failed) == failed
    with within(root / 'a'):
        for _ in range(16):
            os.chdir(name)
        for _ in range(17):
            os.rmdir(name)
            os.chdir('..')


class Sly(dict):
    """Metadata that does something when the files are uploaded: between
    the look at a file and its reading."""

    def __init__(self, do, grove):
        super().__init__(a='1')
        self._do, self._grove = do, grove

    def items(self):
        if self._grove.told:
            self._do()
        return super().items()


def test_a_file_that_vanishes_is_named(tmp_path):
    root = plant(tmp_path, {'b': b'2'})
    with growing({'old': b''}) as (conn, grove):
        summary = conn.upload_dir(root, delete=True, metadata=Sly(
            lambda: (root / 'b').exists() and (root / 'b').unlink(), grove))
    assert names_failed(summary) == ['b'] and 'old' in grove.objects
    assert isinstance(summary.failed[0][1], FileNotFoundError)


def test_a_file_that_grows_beyond_a_part_is_stored_whole(tmp_path):
    root = plant(tmp_path, {'a': b'1'})
    with growing(part_threads=1) as (conn, grove):
        summary = conn.upload_dir(root, metadata=Sly(
            lambda: (root / 'a').write_bytes(HUGE), grove))
    assert summary == (1, 0, 0, len(HUGE), [])
    assert grove.all() == {'a': HUGE}


@each('listed, data', [(1, HUGE), (PART + 1, b'few'), (9, b''), (0, b'x')],
      ids=['grows', 'shrinks', 'is emptied', 'is filled'])
def test_an_object_that_changes_its_size_meanwhile_comes_whole(
        listed, data, tmp_path):
    with growing({'a': data, 'b': b'2'}, part_threads=1) as (conn, grove):
        grove.sizes['a'] = listed
        summary = conn.download_dir('', tmp_path)
    assert summary == (2, 0, 0, len(data) + 1, [])
    assert harvest(tmp_path) == {'a': data, 'b': b'2'}


@each('more, error', [
    ({'local_dir': 'no such'}, NotADirectoryError),
    ({'local_dir': __file__}, NotADirectoryError),
    ({'local_dir': None}, TypeError), ({'local_dir': 5}, TypeError),
    ({'prefix': None}, TypeError), ({'prefix': b'p'}, TypeError),
    ({'bucket': 'No Bucket'}, ValueError), ({'bucket': 5}, TypeError),
    ({'include': 5}, TypeError), ({'exclude': [b'*']}, TypeError),
    ({'progress': 5}, TypeError), ({'expires': -1}, ValueError),
    ({'headers': {'host': 'x'}}, ValueError),
    ({'metadata': {'a b': ''}}, ValueError), ({'content_type': 5}, TypeError)])
def test_a_bad_upload_of_a_folder_is_refused_before_a_request(
        more, error, tmp_path):
    with growing() as (conn, grove), pytest.raises(error):
        conn.upload_dir(**dict({'local_dir': tmp_path}, **more))
    assert grove.told == []


@each('more, error', [
    ({'local_dir': __file__}, NotADirectoryError),
    ({'local_dir': None}, TypeError), ({'prefix': None}, TypeError),
    ({'include': [5]}, TypeError), ({'progress': ''}, TypeError),
    ({'bucket': 'No Bucket'}, ValueError)])
def test_a_bad_download_of_a_folder_is_refused_before_a_request(
        more, error, tmp_path):
    with growing() as (conn, grove), pytest.raises(error):
        conn.download_dir(**dict({'prefix': '', 'local_dir': tmp_path},
                                 **more))
    assert grove.told == []


@each('kind', [str, os.fsencode, lambda path: path])
@each_way
def test_a_folder_may_be_any_path(way, kind, tmp_path):
    with growing({'a': b'1', 'b/c': b'2'}) as (conn, grove):
        root = kind(str(plant(tmp_path, {'a': b'1', 'b/c': b'2'})))
        assert both(conn, root)[way]() == (0, 2, 0, 0, [])


@pytest.mark.skipif(not hasattr(sys, 'getrefcount'),
                    reason='only CPython forgets at once')
def test_jobs_that_ended_are_forgotten(tmp_path):
    alive = []
    gc.collect()

    def step(what):
        if what.endswith('50'):
            alive.append(sum(type(thing) is tinys3._Job
                             for thing in gc.get_objects()))
    leaves = {'%04d' % number: b'' for number in range(300)}
    with growing(step=step) as (conn, _):
        assert conn.upload_dir(plant(tmp_path, leaves))[0] == 300
    assert max(alive) < 200


# ---------------------------------------------------------------------------
# Pool
# ---------------------------------------------------------------------------

def pooled(script, size=4, **more):
    """Make a Pool to a script."""
    pool = tinys3.Pool(ACCESS, SECRET, 'bucket', endpoint=script.endpoint,
                       region='us-east-1', size=size, **more)
    pool.connection._sleep = lambda seconds: None
    script.clients.append(pool)
    return pool


class Gate(object):
    """An answer that waits until the gate is opened."""

    def __init__(self):
        self.opened = threading.Event()
        self.waiting = threading.Semaphore(0)

    def __call__(self, sock, asked):
        self.waiting.release()
        self.opened.wait(30)
        sock.sendall(answer())
        return True


def test_all_completed_keeps_the_order():
    gate = Gate()
    with Script(gate, answer(), answer()) as script, pooled(script) as pool:
        first = pool.head('a')
        assert gate.waiting.acquire(timeout=30)
        futures = [first, pool.head('b'), pool.head('c')]
        futures[2].result(30)
        gate.opened.set()
        assert [each.key for each in pool.all_completed(futures)] == [
            'a', 'b', 'c']


def test_as_completed_yields_what_comes_first():
    gate = Gate()
    with Script(gate, answer()) as script, pooled(script) as pool:
        slow = pool.head('slow')
        assert gate.waiting.acquire(timeout=30)
        results = pool.as_completed([slow, pool.head('fast')])
        assert next(results).key == 'fast'
        gate.opened.set()
        assert next(results).key == 'slow'


@each('method', ['as_completed', 'all_completed'])
def test_first_failure_is_raised(method):
    with Script(error_answer(404, 'NoSuchKey')) as script:
        with pooled(script) as pool, pytest.raises(tinys3.NotFound):
            list(getattr(pool, method)([pool.get('a')]))


@each('method', ['as_completed', 'all_completed'])
def test_failures_may_come_like_results(method):
    with Script(error_answer(404, 'NoSuchKey')) as script:
        with pooled(script) as pool:
            error, = getattr(pool, method)([pool.get('a')],
                                           return_exceptions=True)
    assert isinstance(error, tinys3.NotFound)


@each('method', ['as_completed', 'all_completed'])
def test_timeout_is_raised(method):
    gate = Gate()
    with Script(gate) as script, pooled(script) as pool:
        futures = [pool.head('a')]
        with pytest.raises(concurrent.futures.TimeoutError) as caught:
            list(getattr(pool, method)(futures, timeout=0.05))
        gate.opened.set()
    assert '0.05' in str(caught.value)


def test_as_completed_draws_lazily_and_boundedly():
    with Script(*[answer()] * 200) as script, pooled(script, size=2) as pool:
        drawn = []

        def calls():
            for number in range(200):
                drawn.append(number)
                yield pool.head('k%d' % number)
        results = pool.as_completed(calls())
        assert drawn == []
        next(results)
        assert len(drawn) == 32
        assert len(list(results)) == 199


def test_as_completed_draws_four_times_the_size():
    with Script(*[answer()] * 60) as script, pooled(script, size=10) as pool:
        drawn = []
        results = pool.as_completed(
            drawn.append(n) or pool.head('k') for n in range(60))
        next(results)
        assert len(drawn) == 40
        list(results)


@each('call, error', [
    (lambda pool: pool.get(), TypeError),
    (lambda pool: pool.get('k', wrong=1), TypeError),
    (lambda pool: pool.get('k', 'bucket', key='k'), TypeError),
    (lambda pool: pool.get('k', 'b' * 5, None, 'v1'), TypeError),
    (lambda pool: pool.get(''), ValueError),
    (lambda pool: pool.get(7), TypeError),
    (lambda pool: pool.get('k', 'a/b'), ValueError),
    (lambda pool: pool.upload('k'), TypeError),
    (lambda pool: pool.copy('a', 'a/b', 'k'), ValueError),
    (lambda pool: pool.copy('a', 'bucket', ''), ValueError),
    (lambda pool: pool.copy('a', 'bucket', 'k', 'a/b'), ValueError),
    (lambda pool: pool.list('p', '..'), ValueError),
    (lambda pool: pool.create_bucket(), TypeError),
])
def test_a_wrong_call_fails_at_the_call(call, error):
    with Script() as script, pooled(script) as pool:
        with pytest.raises(error):
            call(pool)
        assert script.connections == 0


def test_missing_bucket_fails_at_the_call():
    pool = tinys3.Pool(ACCESS, SECRET)
    with pytest.raises(ValueError):
        pool.get('k')


def test_lists_are_fetched_in_the_worker():
    with Script(listing('k')) as script, pooled(script) as pool:
        entries = pool.list('p').result(30)
    assert [entry['key'] for entry in entries] == ['k']


def test_presign_is_a_plain_call():
    pool = tinys3.Pool(ACCESS, SECRET, 'my-bucket')
    assert pool.presign('k').startswith('https://my-bucket.s3.')
    assert pool.presign_post('k')['url'].startswith('https://my-bucket.s3.')


def test_leaving_by_an_exception_cancels_what_has_not_begun():
    gate = Gate()
    with Script(gate) as script:
        with pytest.raises(KeyError):
            with pooled(script, size=1) as pool:
                running, waiting = pool.head('a'), pool.head('b')
                assert gate.waiting.acquire(timeout=30)
                gate.opened.set()
                raise KeyError
        assert running.result(30).status_code == 200
        assert waiting.cancelled()


def test_leaving_by_an_exception_ends_the_wait_for_another_try():
    busy = error_answer(503, 'SlowDown', headers={'Retry-After': '20'})
    with Script(*[busy] * 9) as script:
        started = time.monotonic()
        with pytest.raises(KeyError):
            with pooled(script, size=1) as pool:
                pool.connection._sleep = time.sleep
                running = pool.head('a')
                while not script.requests:
                    time.sleep(0.01)
                raise KeyError
        assert time.monotonic() - started < 10
        assert isinstance(running.exception(30), tinys3.ResponseError)
    assert len(script.requests) == 1


def test_what_was_handed_over_is_done_before_the_program_ends():
    with Script(*[answer()] * 5) as script:
        subprocess.check_call([sys.executable, '-c', (
            'import tinys3; pool = tinys3.Pool(%r, %r, "bucket", endpoint=%r,'
            ' size=1)\nfor key in "abcde": pool.upload(key, b"x")' % (
                ACCESS, SECRET, script.endpoint))],
            cwd=os.path.dirname(os.path.abspath(tinys3.__file__)))
    assert [asked.target[-1] for asked in script.requests] == list('abcde')


def test_closed_pool_takes_no_calls():
    with Script() as script:
        pool = pooled(script)
        pool.close()
        with pytest.raises(RuntimeError):
            pool.head('a')


def test_foreign_executor_runs_the_operations_and_stays_open():
    with Script(answer(), answer()) as script:
        with concurrent.futures.ThreadPoolExecutor(1) as executor:
            with pooled(script, executor=executor) as pool:
                pool.head('a').result(30)
            assert executor.submit(len, 'ab').result(30) == 2


def processes(method):
    """Begin an executor of two processes."""
    import multiprocessing
    if method not in multiprocessing.get_all_start_methods() or (
            method != 'fork' and (sys.version_info < (3, 7)
                                  or sys.implementation.name != 'cpython')):
        pytest.skip('no %s here: Windows, a Python without mp_context, or '
                    "PyPy 3.9, whose own breaks" % method)
    return concurrent.futures.ProcessPoolExecutor(2, **(
        {'mp_context': multiprocessing.get_context(method)}
        if sys.version_info >= (3, 7) else {}))


def cluster(method):
    """Begin Dask on this machine: two processes and their scheduler."""
    if not os.environ.get('TINYS3_DASK'):
        pytest.skip('TINYS3_DASK=1 runs it; needs distributed')
    distributed = pytest.importorskip('distributed')
    stack = contextlib.ExitStack()
    for each_ in ('distributed', 'distributed.worker', 'asyncio'):
        logging.getLogger(each_).setLevel(logging.ERROR)
    nodes = stack.enter_context(distributed.LocalCluster(
        n_workers=2, threads_per_worker=2, processes=True,
        dashboard_address=None))
    client = stack.enter_context(distributed.Client(nodes))
    executor = stack.enter_context(client.get_executor())
    executor.shut_down = stack.close
    return executor


@contextlib.contextmanager
def far(server, bucket, kind, **more):
    """Lend a Pool whose work is done elsewhere."""
    with warnings_off():
        executor = (cluster if kind == 'dask' else processes)(kind)
        try:
            with tinys3.Pool(
                    server.access, server.secret, bucket, executor=executor,
                    endpoint=server.endpoint, region=server.region,
                    part_size=PART, **more) as pool:
                yield pool
        finally:
            getattr(executor, 'shut_down', executor.shutdown)()


@each('kind', ['fork', 'spawn', 'forkserver', 'dask'])
def test_work_is_done_elsewhere_as_here(server, shared_bucket, key, tmp_path,
                                        kind):
    source, target = str(tmp_path / 'source'), str(tmp_path / 'target')
    write(source, HUGE)
    with far(server, shared_bucket, kind) as pool:
        def do(name, *args, **more):
            return getattr(pool, name)(*args, **more).result(60)
        pids = {future.result(60) for future in [
            pool.executor.submit(os.getpid) for _ in range(9)]}
        assert pids and os.getpid() not in pids
        assert do('upload', key, source, metadata={'a': '1'}).etag.endswith(
            '-%d' % -(-len(HUGE) // PART))
        assert do('upload', key + '-2', b'bytes', expires=9).status_code == 200
        assert do('download', key, target).key == key
        assert do('get', key + '-2').content == b'bytes'
        do('copy', key + '-2', shared_bucket, key + '-3')
        do('update_metadata', key + '-3', {'b': '2'})
        assert do('head', key + '-3').metadata == {'b': '2'}
        assert [entry['size'] for entry in do('list', key)] == [
            len(HUGE), 5, 5]
        assert do('exists', key + '-4') is False
        with pytest.raises(tinys3.NotFound) as caught:
            do('get', key + '-4')
        assert caught.value.key == key + '-4' and caught.value.request_id
        do('initiate_multipart_upload', key).cancel_upload()
        assert [each_.text for each_ in pool.as_completed(
            pool.get(name) for name in [key + '-2'] * 5)] == ['bytes'] * 5
        assert do('delete_many', [key, key + '-2', key + '-3']) == 3
    with open(target, 'rb') as file:
        assert file.read() == HUGE


STUCK = {
    'an open file': lambda path: open(path, 'rb'),
    'a generator': lambda path: (data for data in [b'x']),
    'a view': lambda path: memoryview(b'x')}


def test_dask_does_not_take_two_calls_for_one(server, shared_bucket, key):
    with far(server, shared_bucket, 'dask') as pool:
        before = pool.exists(key)
        assert before.result(60) is False
        pool.upload(key, b'').result(60)
        after = pool.exists(key)
        assert after.result(60) is True


@each('kind', ['fork', 'dask'])
@each('what', sorted(STUCK))
def test_what_cannot_travel_is_refused_at_the_call(server, kind, what, path):
    path.write_bytes(b'x')
    if sys.implementation.name == 'pypy' and what == 'a generator':
        pytest.skip('on PyPy generators travel')
    with far(server, 'bucket', kind) as pool:
        source = STUCK[what](str(path))
        with pytest.raises(TypeError, match='upload.*: local_file is a .* '
                           'cannot go .*: pass a path, bytes or a list'):
            pool.upload('k', source)
        with pytest.raises(TypeError, match='progress'):
            pool.upload('k', b'', progress=threading.Lock().acquire)
    getattr(source, 'close', int)()


def test_functions_go_to_processes_by_their_names(server, key):
    with far(server, 'bucket', 'fork') as pool:
        with pytest.raises(TypeError, match='progress is a function'):
            pool.upload('k', b'', progress=lambda count: None)
        with pytest.raises(TypeError, match=r'Pool\(\): credentials is'):
            tinys3.Pool(credentials=lambda: None, executor=pool.executor)


def test_threads_take_what_others_cannot():
    with Script(answer()) as script:
        with concurrent.futures.ThreadPoolExecutor(1) as executor:
            with pooled(script, executor=executor) as pool:
                pool.upload('k', (data for data in [b'x'])).result(30)
    assert script.requests[0].body == b'x'


@contextlib.contextmanager
def warnings_off():
    """Python 3.12 warns of any fork where there are threads."""
    import warnings
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        yield


@pytest.mark.skipif(not hasattr(os, 'fork'), reason='needs fork')
def test_pool_works_in_a_forked_child():
    with Script(answer(), answer(), answer()) as script:
        pool = pooled(script, size=2)
        pool.head('before').result(30)
        with warnings_off():
            child = os.fork()
        if not child:
            try:
                os._exit(0 if pool.head('in').result(20).ok else 1)
            finally:
                os._exit(2)
        assert os.waitpid(child, 0)[1] == 0
        assert pool.head('after').result(30).ok


@pytest.mark.skipif(not hasattr(os, 'fork'), reason='needs fork')
def test_pools_keep_their_connections_in_a_forked_child():
    with Script(*[answer()] * 6) as script:
        pools = pooled(script, size=1), pooled(script, size=1)
        with warnings_off():
            child = os.fork()
        if not child:
            try:
                for pool in pools * 3:
                    pool.head('in').result(20)
                os._exit(0)
            finally:
                os._exit(2)
        assert os.waitpid(child, 0)[1] == 0
        assert script.connections == 2


def test_pool_pickles():
    pool = tinys3.Pool(ACCESS, SECRET, 'my-bucket', size=3)
    again = pickle.loads(pickle.dumps(pool))
    assert (again.size, again.default_bucket) == (3, 'my-bucket')


@each('method', ['as_completed', 'all_completed'])
def test_a_cancelled_call_is_a_failure_like_others(method):
    gate = Gate()
    with Script(gate) as script, pooled(script, size=1) as pool:
        running, waiting = pool.head('a'), pool.head('b')
        assert waiting.cancel()
        gate.opened.set()
        results = list(getattr(pool, method)(
            [running, waiting], return_exceptions=True))
    assert sorted(type(each_).__name__ for each_ in results) == [
        'CancelledError', 'Response']


def test_what_is_no_future_is_refused():
    with Script(answer()) as script, pooled(script) as pool:
        with pytest.raises(AttributeError):
            list(pool.as_completed([pool.head('a'), None]))


@pytest.mark.skipif(not hasattr(os, 'fork'), reason='needs fork')
def test_a_process_keeps_one_connection_for_all_its_calls():
    with warnings_off(), Script(*[answer()] * 5) as script:
        with concurrent.futures.ProcessPoolExecutor(1) as processes:
            with pooled(script, executor=processes) as pool:
                for name in 'abcde':
                    assert pool.head(name).result(60).ok
        assert script.connections == 1


def test_closing_waits_for_a_foreign_executor_too():
    gate = Gate()
    with Script(gate) as script:
        with concurrent.futures.ThreadPoolExecutor(1) as executor:
            pool = pooled(script, executor=executor)
            future = pool.head('a')
            assert gate.waiting.acquire(timeout=30)
            threading.Timer(0.1, gate.opened.set).start()
            pool.close()
            assert future.done()


@each('size', [0, -1, 1.5, '5', True])
def test_pool_size_must_make_sense(size):
    with pytest.raises((ValueError, TypeError)):
        tinys3.Pool(ACCESS, SECRET, size=size)


def test_futures_do_not_pile_up():
    with Script(*[answer()] * 50) as script, pooled(script) as pool:
        pool.all_completed([pool.head('k') for _ in range(50)])
        assert not pool._waiting


# ---------------------------------------------------------------------------
# Command line
# ---------------------------------------------------------------------------

@pytest.fixture
def shell(server, shared_bucket, monkeypatch, tmp_path):
    """Configure the environment for the server; return its bucket."""
    monkeypatch.setenv('AWS_ACCESS_KEY_ID', server.access)
    monkeypatch.setenv('AWS_SECRET_ACCESS_KEY', server.secret)
    monkeypatch.setenv('AWS_ENDPOINT_URL', server.endpoint)
    monkeypatch.setenv('AWS_REGION', server.region)
    monkeypatch.chdir(str(tmp_path))
    return 's3://' + shared_bucket


def write(name, data):
    with open(name, 'wb') as file:
        file.write(data)


def read(name):
    with open(name, 'rb') as file:
        return file.read()


def test_cp_up_and_down(shell, key, capsys):
    write('here.txt', b'content')
    assert tinys3.main(['cp', 'here.txt', '%s/%s' % (shell, key)]) == 0
    assert tinys3.main(['cp', '%s/%s' % (shell, key), 'back.txt']) == 0
    assert read('back.txt') == b'content'
    assert capsys.readouterr().out == (
        'upload: ./here.txt to {0}\ndownload: {0} to ./back.txt\n'.format(
            shell + '/' + key))


@pytest.mark.skipif(os.name == 'nt', reason='there one is always somewhere')
def test_cp_works_in_a_folder_that_is_gone(shell, key, tmp_path):
    there = str(plant(tmp_path / 'there', {'f': b'1'}))
    os.mkdir('gone')
    os.chdir('gone')
    os.rmdir('../gone')
    assert tinys3.main(['cp', '-r', there, '%s/%s' % (shell, key)]) == 0
    os.chdir(there)


def test_cp_into_a_folder_keeps_the_name(shell, key, conn):
    write('here.txt', b'content')
    assert tinys3.main(['cp', 'here.txt', '%s/%s/' % (shell, key)]) == 0
    assert conn.exists(key + '/here.txt')
    os.mkdir('there')
    assert tinys3.main(
        ['cp', '%s/%s/here.txt' % (shell, key), 'there']) == 0
    assert read(os.path.join('there', 'here.txt')) == b'content'


def test_cp_options_reach_the_object(shell, server, key, conn):
    needs(server, 'object headers')
    write('here.txt', b'')
    assert tinys3.main([
        'cp', 'here.txt', '%s/%s' % (shell, key), '--expires', '60',
        '--content-type', 'a/b', '--metadata', 'who=me', '--quiet',
        '--header', 'Content-Disposition: inline']) == 0
    response = conn.head(key)
    assert response.headers['cache-control'] == 'max-age=60'
    assert response.headers['content-type'] == 'a/b'
    assert response.headers['content-disposition'] == 'inline'
    assert response.metadata == {'who': 'me'}


def test_cp_within_s3(shell, key, conn):
    conn.upload(key, b'x')
    assert tinys3.main(['cp', '%s/%s' % (shell, key),
                        '%s/%s-2' % (shell, key), '--quiet']) == 0
    assert conn.get(key + '-2').content == b'x'


def run(*args, **more):
    """Run the command line in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, '-W', 'error', os.path.join(HERE, 'tinys3.py')
         if os.path.exists(os.path.join(HERE, 'tinys3.py'))
         else tinys3.__file__] + list(args), stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = process.communicate(more.get('stdin', b''), timeout=60)
    return process.returncode, out, err


def test_cp_from_and_to_standard_streams(shell, key):
    where = '%s/%s' % (shell, key)
    assert run('cp', '-', where, '--quiet', stdin=b'piped') == (0, b'', b'')
    assert run('cp', where, '-') == (0, b'piped', b'')


@pytest.mark.skipif(os.name == 'nt', reason='needs a shell')
@each('words, out, err', [
    ('cat %s/no 2>&-', b'', b''), ('cat %s >&-', b'', b'tinys3: local_file'),
    ('cp - %s <&-', b'', b'tinys3: local_file'), ('ls %s >&-', b'', b'')])
def test_a_closed_standard_stream_is_told_in_a_line(
        words, out, err, shell, key, conn):
    conn.upload(key, b'data')
    process = subprocess.Popen(
        '"%s" "%s" %s' % (sys.executable, tinys3.__file__, words % (
            '%s/%s' % (shell, key))), shell=True, stderr=subprocess.PIPE,
        stdout=subprocess.PIPE)
    told = process.communicate(timeout=60)
    assert told[0] == out and told[1][:len(err) or 99] == err
    assert told[1].count(b'\n') == bool(err)
    assert conn.get(key).content == b'data'


def test_download_that_fails_leaves_the_old_file(shell, key, capsys):
    write('back.txt', b'old')
    assert tinys3.main(['cp', '%s/%s' % (shell, key), 'back.txt']) == 1
    assert read('back.txt') == b'old'
    assert '404 NotFound' in capsys.readouterr().err


def test_download_cut_short_leaves_no_file_behind(monkeypatch, tmp_path):
    def cut(sock, asked):
        sock.sendall(answer(body=b'abc', length=10))
        return False
    monkeypatch.chdir(str(tmp_path))
    with Script(cut) as script:
        monkeypatch.setenv('AWS_ENDPOINT_URL', script.endpoint)
        assert tinys3.main(['cp', 's3://bucket/k', 'new.txt',
                            '--no-sign-request']) == 1
    assert os.listdir(str(tmp_path)) == []


@pytest.mark.skipif(os.name == 'nt', reason='needs modes and links')
def test_download_keeps_mode_and_link(shell, key, conn):
    conn.upload(key, b'new')
    write('file', b'old')
    os.chmod('file', 0o640)
    os.symlink('file', 'link')
    assert tinys3.main(['cp', '%s/%s' % (shell, key), 'link']) == 0
    assert os.path.islink('link') and read('file') == b'new'
    assert os.stat('file').st_mode & 0o777 == 0o640


def test_cp_into_a_folder_that_is_not_there_makes_it(shell, key, conn):
    conn.upload(key, b'x')
    assert tinys3.main(['cp', '%s/%s' % (shell, key), 'no/where/']) == 0
    assert read(os.path.join('no', 'where', key)) == b'x'


def test_cp_down_refuses_options_for_objects(shell, capsys):
    assert tinys3.main(['cp', shell + '/k', 'file', '--public']) == 2
    assert 'options' in capsys.readouterr().err


def test_a_terminal_without_the_letters_is_no_failure(shell, key, conn):
    conn.upload(key + '\u00fc', b'')
    os.environ['PYTHONIOENCODING'] = 'ascii'
    try:
        status, out, err = run('ls', '%s/%s' % (shell, key))
    finally:
        del os.environ['PYTHONIOENCODING']
    assert (status, err) == (0, b'') and b'\\xfc' in out


def test_ls_shows_objects_and_prefixes(shell, key, conn, capsys):
    conn.upload(key + '/a', b'12345')
    conn.upload(key + '/sub/b', b'')
    assert tinys3.main(['ls', '%s/%s/' % (shell, key)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == ' ' * 27 + 'PRE sub/'
    assert re.match(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d          5 a$',
                    lines[1])


def test_ls_recursive_as_json(shell, key, conn, capsys):
    conn.upload(key + '/sub/b', b'123')
    assert tinys3.main(
        ['ls', '-r', '--json', '%s/%s' % (shell, key)]) == 0
    entry = json.loads(capsys.readouterr().out)
    assert (entry['key'], entry['size']) == (key + '/sub/b', 3)


def test_ls_lists_buckets(shell, capsys):
    assert tinys3.main(['ls']) == 0
    assert shell[len('s3://'):] in capsys.readouterr().out


def test_doctor_makes_a_round_trip(shell, capsys, conn):
    assert tinys3.main(['doctor', shell + '/doc-']) == 0
    out = capsys.readouterr().out
    assert re.findall(r'^(\w[\w ]*?) +\d+ ms +ok', out, re.M) == [
        'upload', 'head', 'list', 'ranged get', 'copy', 'presigned GET',
        'delete']
    assert list(conn.list('doc-')) == []


def test_doctor_tells_what_failed(monkeypatch, capsys):
    with Script(*[error_answer(404, 'NoSuchBucket')] * 20) as script:
        monkeypatch.setenv('AWS_ENDPOINT_URL', script.endpoint)
        assert tinys3.main(
            ['doctor', 's3://bucket', '--no-sign-request']) == 1
    out = capsys.readouterr().out
    assert re.search(r'upload +\d+ ms +FAILED.*NoSuchBucket', out)
    assert '7 steps failed' in out


class Shelf(object):
    """A little S3 of one bucket, as an answer of a Script: enough for
    doctor. `odd` has answers in place of the usual, by the kind of request.
    """

    def __init__(self, odd=()):
        self.objects, self.odd = {}, dict(odd)

    def __call__(self, sock, asked):
        kind, key = self.kind(asked), asked.target.partition('?')[0]
        raw = self.odd.get(kind)
        sock.sendall(self.answer(kind, key, asked) if raw is None else raw)
        return True

    @staticmethod
    def kind(asked):
        """Name a request: 'HEAD', 'HEAD bucket', 'PUT if-none-match'."""
        found = re.search('list-type|versioning|delete|X-Amz-Signature',
                          asked.target) or re.match(
                              r'/bucket(?=\?|$)', asked.target)
        marks = [found.group().strip('/')] if found else [
            name for name in asked.headers if re.match(
                'range|if-none-match|x-amz-(copy-source|checksum)', name)]
        return ' '.join([asked.method] + marks)

    def answer(self, kind, key, asked):
        if kind == 'POST delete':
            self.objects.clear()
            return answer(body=b'<DeleteResult/>')
        if kind in ('GET list-type', 'GET bucket'):
            prefix = urllib.parse.parse_qs(asked.target)['prefix'][0]
            return answer(body=re.sub('<Size>[0-9]+', '<Size>1000', (
                ONE_KEY % ('', prefix))).encode())
        if kind == 'GET versioning':
            return answer(body=b'<VersioningConfiguration/>')
        if kind == 'PUT x-amz-copy-source':
            self.objects[key] = next(iter(self.objects.values()), b'')
            return answer(body=b'<CopyObjectResult/>')
        if asked.method == 'PUT':
            self.objects[key] = asked.body
        if 'bucket' in kind or asked.method == 'PUT':
            return answer()
        if key not in self.objects:
            return answer(404)
        data = self.objects[key]
        if kind == 'GET range':
            return answer(206, data[100:200], {
                'Content-Range': 'bytes 100-199/1000'})
        return answer(200, data[:0 if kind == 'HEAD' else None], {
            'x-amz-meta-made-by': 'tinys3'}, length=len(data))


Examined = collections.namedtuple('Examined', 'status lines out err')


def lines_of(out):
    """Make a dict of the lines that doctor prints."""
    return dict((line[:14].strip(), line[15:]) for line in out.splitlines())


@pytest.fixture
def examine(capsys, monkeypatch, environment):
    """Let doctor examine a Shelf; its secrets are never printed."""
    def run_it(odd=(), *argv, server_tls=None):
        environment(ACCESS, SECRET, 'hunter2')
        monkeypatch.setenv('AWS_MAX_ATTEMPTS', '1')
        with Script(*[Shelf(odd)] * 60, tls=server_tls) as script:
            monkeypatch.setenv('AWS_ENDPOINT_URL', script.endpoint)
            status = tinys3.main(['doctor', 's3://bucket/pre-'] + list(argv))
        out, err = capsys.readouterr()
        assert not re.search('hunter2|Signature=|' + re.escape(SECRET),
                             out + err)
        return Examined(status, lines_of(out), out, err)
    return run_it


def no(code, *kinds, status=400):
    return dict.fromkeys(kinds, error_answer(status, code))


NO_NOTICE, CRC, SHA, NONE_MATCH = 'no, it takes no notice', (
    'PUT x-amz-checksum-crc32'), 'PUT x-amz-checksum-sha256', (
        'PUT if-none-match')


@each('odd, argv, name, text', [
    ({}, [], 'credentials', r'AKID\.\.\. from the environment, expire never'),
    ({}, ['--no-sign-request'], 'credentials', 'none: .* unsigned'),
    ({}, [], 'region', 'us-east-1, from the default'),
    ({}, ['--region', 'mars'], 'region', 'mars, from the argument'),
    ({'HEAD bucket': answer(400, headers=stated('mars'))}, [], 'region',
     'mars, from the answer'),
    ({}, [], 'endpoint', r'http://127\.0\.0\.1:\d+, from AWS_ENDPOINT_URL'),
    ({}, [], 'address', r'http://127\.0\.0\.1:\d+/bucket'),
    ({}, [], 'TLS', 'not used'),
    ({}, [], 'body', 'signed, SHA-256'),
    ({}, [], 'objects', r'pre-tinys3-doctor-[0-9a-f]{12}\*'),
    ({}, [], 'checks crc32', NO_NOTICE), ({}, [], 'checks sha256', NO_NOTICE),
    (no('BadDigest', CRC), [], 'checks crc32', 'yes'),
    (no('InvalidDigest', SHA), [], 'checks sha256', 'yes'),
    (no('AccessDenied', CRC), [], 'checks crc32', 'unknown: .*Access.*'),
    ({CRC: b'nonsense\r\n\r\n'}, [], 'checks crc32', 'unknown: .*not HTTP.*'),
    ({}, [], 'if-none-match', NO_NOTICE),
    (no('PreconditionFailed', NONE_MATCH, status=412), [], 'if-none-match',
     'yes'),
    (no('NotImplemented', NONE_MATCH), [], 'if-none-match',
     'unknown: .*NotImplemented.*'),
    ({}, [], 'list version', '2'),
    (no('NotImplemented', 'GET list-type'), [], 'list version', '1'),
    ({}, [], 'versioning', 'off'),
    ({'GET versioning': answer(body=b'<V><Status>Enabled</Status></V>')}, [],
     'versioning', 'Enabled'),
    (no('NotImplemented', 'GET versioning'), [], 'versioning',
     'unknown: .*NotImplemented.*'),
    ({'GET versioning': answer(body=b'nonsense')}, [], 'versioning',
     'unknown: .*')])
def test_doctor_tells_what_it_found(odd, argv, name, text, examine):
    found = examine(odd, *argv)
    assert re.match(text + r'\Z', found.lines[name])
    assert (found.status, found.err) == (0, ''), found.out
    assert found.out.endswith('all is well\n')


def test_doctor_tells_tls_version_and_issuer(
        certificates, monkeypatch, examine):
    monkeypatch.setenv('AWS_CA_BUNDLE', certificates.ca)
    found = examine(server_tls=certificates.good)
    assert re.match(r'TLSv1\.[23], certificate issued by ca$',
                    found.lines['TLS'])


@each('variables, config, options, name, text', [
    ({}, b'', {}, 'region', 'us-east-1, from the default'),
    ({'AWS_REGION': EU}, b'', {}, 'region', EU + ', from AWS_REGION'),
    ({'AWS_DEFAULT_REGION': EU}, b'', {}, 'region',
     EU + ', from AWS_DEFAULT_REGION'),
    ({}, b'region = eu-west-1', {}, 'region', EU + ', from profile default'),
    ({}, b'', {'endpoint': 's3.eu-west-1.amazonaws.com'}, 'region',
     EU + ', from the endpoint'),
    ({}, b'', {}, 'endpoint', 'https://s3.amazonaws.com, from AWS'),
    ({'AWS_ENDPOINT_URL_S3': 'http://h'}, b'', {}, 'endpoint',
     'http://h, from AWS_ENDPOINT_URL_S3'),
    ({}, b'endpoint_url = http://h', {}, 'endpoint',
     'http://h, from profile default'),
    ({}, b'', {'endpoint': 'http://h'}, 'endpoint',
     'http://h, from the argument'),
    ({}, b'', {}, 'address', 'https://bucket.s3.us-east-1.amazonaws.com/'),
    ({}, b'', {}, 'body', 'crc32'),
    ({}, b'', {'tls': False}, 'body', 'sha256')])
def test_doctor_tells_where_settings_come_from(
        variables, config, options, name, text, monkeypatch, shared_files,
        capsys):
    shared_files(b'[default]\n' + config)
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    with relayed(answer(), **dict({'region': None}, **options)) as (
            conn, _, _):
        tinys3._describe(conn, 'bucket')
    assert lines_of(capsys.readouterr().out)[name] == text


@each('headers, text', [
    (dated(0), 'within 1 s of the server'), ({}, 'unknown'),
    (dated(3600), 'within 3601 s of the server'),
    (dated(-3600), 'within 3601 s of the server'),
    (dated(0, 'yesterday'), 'unknown')])
def test_doctor_tells_how_far_the_clock_is_off(headers, text, capsys):
    with at_midnight(answer(headers=headers)) as (conn, _):
        tinys3._describe(conn, 'bucket')
    assert lines_of(capsys.readouterr().out)['clock'] == text


def test_doctor_tells_which_profile_has_the_keys(shared_files, capsys):
    shared_files(credentials=b'[p]\n' + PAIR % b'FILEKEY')
    with tinys3.Connection(
            profile='p', region='us-east-1', retry=1) as conn, Script(
                answer(), secret='s%(x)s/+=') as script:
        conn._transport = Relay(conn._transport, script.port)
        tinys3._describe(conn, 'bucket')
    assert lines_of(capsys.readouterr().out)['credentials'] == (
        'FILE... from profile p, expire never')


def test_doctor_tells_when_credentials_expire(capsys):
    with Script(answer(), secret='secret') as script, tinys3.Connection(
            credentials=keys_until(3600), endpoint=script.endpoint) as conn:
        conn._clock = lambda: NOW
        tinys3._describe(conn, 'bucket')
    assert lines_of(capsys.readouterr().out)['credentials'] == (
        'A0... from the caller, expire 20130524T010000Z')


@each('odd, name', [
    (no('Any', 'PUT'), 'upload'), (no('Any', 'HEAD'), 'head'),
    (no('Any', 'GET list-type'), 'list'),
    ({'GET range': answer(body=bytes(1000))}, 'ranged get'),
    (no('Any', 'PUT x-amz-copy-source'), 'copy'),
    (no('Any', 'GET X-Amz-Signature'), 'presigned GET'),
    ({'GET X-Amz-Signature': answer(body=b'other')}, 'presigned GET'),
    ({'POST delete': b'nonsense\r\n\r\n'}, 'delete')])
def test_doctor_fails_with_any_step(odd, name, examine):
    found = examine(odd)
    assert found.status == 1 and 'steps failed' in found.out
    assert re.match(r' *\d+ ms  FAILED, ', found.lines[name])
    assert 'ms' in found.lines['delete']


def test_doctor_with_a_key_nobody_knows_says_what_to_do(
        monkeypatch, environment, capsys):
    environment(ACCESS, SECRET)
    with Script(*[error_answer(403, 'InvalidAccessKeyId')] * 20) as script:
        monkeypatch.setenv('AWS_ENDPOINT_URL', script.endpoint)
        assert tinys3.main(['doctor', 's3://bucket']) == 1
    out, err = capsys.readouterr()
    assert 'does not know the access key' in out and err == ''


def test_doctor_with_a_wrong_secret_fails(shell, server, monkeypatch, capsys):
    needs(server, 'check signatures')
    monkeypatch.setenv('AWS_SECRET_ACCESS_KEY', 'hunter2')
    assert tinys3.main(['doctor', shell]) == 1
    out = capsys.readouterr().out
    assert 'SignatureDoesNotMatch' in out and 'hunter2' not in out


@each('keys, endpoint, word', [
    ((ACCESS, SECRET), 'http://127.0.0.1:1', '127.0.0.1'),
    ((ACCESS, SECRET), 'http://nosuchhost.invalid', 'nosuchhost.invalid'),
    ((ACCESS, ''), 'http://127.0.0.1:1', 'AWS_SECRET_ACCESS_KEY'),
    (('', ''), 'http://127.0.0.1:1', 'no credentials were found')])
def test_doctor_without_keys_or_network_says_so_in_a_line(
        keys, endpoint, word, monkeypatch, environment, capsys):
    environment(*keys)
    monkeypatch.setenv('AWS_ENDPOINT_URL', endpoint)
    monkeypatch.setenv('AWS_MAX_ATTEMPTS', '1')
    assert tinys3.main(['doctor', 's3://bucket']) == 1
    out, err = capsys.readouterr()
    assert (out, err.count('\n')) == ('', 1) and word in err


def test_doctor_tells_all_about_a_server(shell, capsys):
    assert tinys3.main(['doctor', shell + '/doc-']) == 0
    found = lines_of(capsys.readouterr().out)
    assert list(found) == [
        'credentials', 'region', 'endpoint', 'address', 'TLS', 'clock',
        'body', 'objects', 'upload', 'head', 'list', 'ranged get', 'copy',
        'presigned GET', 'checks crc32', 'checks sha256', 'if-none-match',
        'list version', 'versioning', 'delete', 'all is well']
    assert re.match(r'within [1-9] s of the server$', found['clock'])


def test_doctor_sees_that_a_server_heeds_conditions(shell, server, capsys):
    needs(server, 'conditional put')
    assert tinys3.main(['doctor', shell]) == 0
    assert lines_of(capsys.readouterr().out)['if-none-match'] == 'yes'


def test_doctor_local(capsys):
    pytest.importorskip('moto')
    status, out, err = run('doctor', '--local')
    assert (status, b'all is well' in out) == (0, True), err


def test_doctor_local_without_moto_says_how_to_get_it(tmp_path):
    (tmp_path / 'moto').mkdir()
    (tmp_path / 'moto' / '__init__.py').write_text('raise ImportError')
    environment = dict(os.environ, PYTHONPATH=str(tmp_path))
    process = subprocess.Popen(
        [sys.executable, tinys3.__file__, 'doctor', '--local'],
        env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert b"pip install 'moto[server]'" in err


@each('argv', [
    [], ['nothing'], ['cp'], ['cp', 'a', 'b'], ['ls', 'bucket'],
    ['cp', 's3://bucket/k'], ['cp', 's3://bucket/', '.'], ['cp', '-', '-'],
    ['cp', 's3://bucket/dir/', '.'], ['cp', '-r', 'a', 'b', 's3://bucket/'],
    ['cp', 'a', 'b', 's3://bucket/k'], ['cp', '-', 'a', 's3://bucket/k'],
    ['cp', 'd/a', 'e/a', 's3://bucket/'], ['cp', '-r', '-', 's3://bucket/k'],
    ['cp', '.', 's3://bucket/'], ['cp', 'a', 's3://bucket/k', '--acll', 'x'],
    ['mv', 's3://bucket/a', 's3://bucket/a'], ['mv', '-', 's3://bucket/a'],
    ['mv', 's3://bucket/d/a', 's3://bucket/d/'], ['sync', '.', '.'],
    ['mv', '-r', 's3://bucket/a', 's3://bucket/a/'], ['sync', '.'],
    ['sync', '-', 's3://bucket'], ['sync', '.', 's3://bucket', 's3://bucket'],
    ['rm'], ['rm', 's3://bucket'], ['rm', 's3://bucket/'], ['rm', 'file'],
    ['rm', '-r', 's3://'], ['cat', 's3://bucket/'], ['stat', 's3://bucket'],
    ['mb', 's3://bucket/key'], ['rb', 's3://bucket/key', '--force'],
    ['mb', 'bucket'], ['presign', 's3://bucket/k', '--expires-in', '0'],
    ['presign', 's3://bucket/k', '--expires-in', 'x'], ['presign'],
    ['ls', 's3://bucket', 's3://bucket'],
    ['ls', '--wrong'], ['doctor'], ['doctor', '--local', 's3://b'],
    ['doctor', 'bucket'], ['cp', 'x', 's3://b/k', '--expires', 'soon'],
    ['cp', 'x', 's3://b/k', '--header', 'none'], ['cp', 'x', 's3://a/'],
    ['cp', '-', 's3://bucket'], ['ls', 's3://a?b'],
])
def test_wrong_usage_is_status_2(argv, capsys, monkeypatch):
    monkeypatch.setenv('AWS_ACCESS_KEY_ID', ACCESS)
    monkeypatch.setenv('AWS_SECRET_ACCESS_KEY', SECRET)
    monkeypatch.setenv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1')
    assert tinys3.main(argv) == 2
    assert capsys.readouterr().err


@each('target, status', [('down/', 2), ('s3://bucket/', 1)])
def test_mv_lets_no_two_meet_that_differ_in_case_alone(
        target, status, one_case, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(str(tmp_path))
    with Script(*[error_answer(404, 'NoSuchKey')] * 2) as script:
        monkeypatch.setenv('AWS_ENDPOINT_URL', script.endpoint)
        assert tinys3.main(['mv', 's3://bucket/x/A', 's3://bucket/y/a', target,
                            '--no-sign-request']) == status
    assert (len(script.requests) == 0) is (status == 2)


def test_missing_file_is_status_1(shell, capsys):
    assert tinys3.main(['cp', 'nowhere', shell + '/k']) == 1
    assert 'nowhere' in capsys.readouterr().err


def test_no_credentials_is_status_1_and_says_what_was_tried(capsys):
    assert tinys3.main(['ls', 's3://bucket']) == 1
    err = capsys.readouterr().err
    assert err.count('\n') == 1 and 'AWS_ACCESS_KEY_ID' in err


def test_interrupt_is_status_130(monkeypatch, capsys):
    def interrupt(sock, asked):
        os.kill(os.getpid(), 2)
        return False
    with Script(interrupt) as script:
        monkeypatch.setenv('AWS_ENDPOINT_URL', script.endpoint)
        assert tinys3.main(['ls', 's3://bucket', '--no-sign-request']) == 130
    assert 'interrupted' in capsys.readouterr().err


COMMANDS = 'ls cp mv rm sync cat presign mb rb stat doctor'.split()


@each('argv', [['--help'], ['-h'], ['--version']] + [
    [command, '-h'] for command in COMMANDS])
def test_help_is_status_0(argv, capsys):
    assert tinys3.main(argv) == 0
    out = capsys.readouterr().out
    assert 'tinys3' in out
    if argv[0] in COMMANDS:
        assert 'examples:\n  tinys3 ' + argv[0] in out or argv[0] == 'cat'


@pytest.fixture
def tell(shell, key, capsys):
    """Run the command line, with this test's prefix for @; return its exit
    status, the lines it printed, sorted and with @ again, and stderr."""
    def run_it(*words):
        status = tinys3.main([word.replace('@', '%s/%s' % (
            shell, key)) for word in words])
        out, err = (text.replace('%s/%s' % (shell, key), '@')
                    for text in capsys.readouterr())
        return status, sorted(out.splitlines()), err
    return run_it


@pytest.fixture
def below(conn, key):
    """Return what is below this test's prefix."""
    def find():
        return {entry['key'][len(key):]: conn.get(entry['key']).content
                for entry in conn.list(key)}
    return find


def here():
    """Return a path to where the test is."""
    return __import__('pathlib').Path(os.getcwd())


THREE = {'a': b'1', 'b.txt': b'22', 'sub/c.txt': b'333'}


def test_cp_r_takes_all_that_is_in_a_folder(tell, below, conn, key):
    plant(here() / 'up', THREE)
    up = ['upload: up/%s to @/x/%s' % (name, name) for name in sorted(THREE)]
    for _ in range(2):              # also what did not change
        assert tell('cp', '-r', 'up', '@/x') == (0, up, '')
    assert below() == {'/x/' + name: data for name, data in THREE.items()}
    conn.upload(key + '/xy', b'a neighbour')
    assert tell('cp', '@/x', '@/y/', '--recursive') == (0, [
        'copy: @/x/%s to @/y/%s' % (name, name) for name in sorted(THREE)],
        '')
    assert tell('cp', '@/y/', 'down/', '-r') == (0, [
        'download: @/y/%s to down/%s' % (name, name)
        for name in sorted(THREE)], '')
    assert harvest(here() / 'down') == THREE


@each('words, names', [
    ('--exclude *', ''), ('--exclude * --include *.txt', 'b.txt sub/c.txt'),
    ('--include *.txt --exclude *', ''), ('--exclude sub/*', 'a b.txt'),
    ('--exclude *.txt --include sub/* --exclude a', 'sub/c.txt')])
@each('way', ['up @/x', '@/s @/x', '@/s down', 'rm'])
def test_the_last_pattern_that_matches_decides(
        words, names, way, tell, conn, key):
    plant(here() / 'up', THREE)
    for name in THREE:
        conn.upload('%s/s/%s' % (key, name), b'')
    begin = ['rm', '-r', '@/s'] if way == 'rm' else ['cp', '-r'] + way.split()
    status, lines, _ = tell(*begin + words.split() + ['--dryrun'])
    assert status == 0 and [
        line.split('/', 2 if '@/s' in way or way == 'rm' else 1)[-1].split(
            ' to ')[0] for line in lines] == names.split()


def test_a_dry_run_tells_what_would_be_done(tell, below, conn, key):
    plant(here() / 'up', {'a': b'1'})
    conn.upload(key + '/x/old', b'')
    for words, lines in (
            ('sync up @/x --delete', ['(dryrun) delete: @/x/old',
                                      '(dryrun) upload: up/a to @/x/a']),
            ('sync @/x up --delete', [
                '(dryrun) delete: up/a',
                '(dryrun) download: @/x/old to up/old']),
            ('mv @/x/old @/y', ['(dryrun) move: @/x/old to @/y']),
            ('mv up/a @/x/', ['(dryrun) move: up/a to @/x/a']),
            ('cp - @/x/k', ['(dryrun) upload: - to @/x/k']),
            ('rm @/x/old', ['(dryrun) delete: @/x/old'])):
        assert tell(*words.split() + ['--dry-run']) == (0, lines, '')
    assert below() == {'/x/old': b''}
    assert harvest(here()) == {'up/a': b'1'}


def test_several_sources_go_into_a_folder(tell, below):
    plant(here(), THREE)
    assert tell('cp', 'a', '--quiet', 'sub/c.txt', '@/x/') == (0, [], '')
    assert below() == {'/x/a': b'1', '/x/c.txt': b'333'}
    assert tell('mv', '@/x/a', '@/x/c.txt', 'down/')[0] == 0
    assert harvest(here() / 'down') == {'a': b'1', 'c.txt': b'333'}
    assert below() == {}


def test_what_fails_is_named_and_the_rest_goes_through(tell, below):
    plant(here(), {'a': b'1'})
    status, lines, err = tell('cp', 'nowhere', 'a', '@/')
    assert (status, lines) == (1, ['upload: ./a to @/a'])
    assert re.match(r'upload failed: \./nowhere to @/nowhere: .*No such', err)
    status, lines, err = tell('mv', '@/none', '@/a', 'down/')
    assert (status, lines) == (1, ['move: @/a to down/a'])
    assert re.match(r'move failed: @/none to down/none: .*404', err)
    assert below() == {} and harvest(here()) == {'a': b'1', 'down/a': b'1'}


def test_mv_deletes_what_arrived(tell, below):
    plant(here() / 'up', THREE)
    assert tell('mv', '-r', 'up', '@/x')[:2] == (0, [
        'move: up/%s to @/x/%s' % (name, name) for name in sorted(THREE)])
    assert harvest(here()) == {}
    assert tell('mv', '@/x/a', '@/x/d')[0] == 0
    assert tell('mv', '-r', '@/x', '@/x/y')[0] == 0     # not y/y
    assert sorted(below()) == ['/x/y/b.txt', '/x/y/d', '/x/y/sub/c.txt']
    os.mkdir('down')
    (here() / 'down' / 'sub').write_bytes(b'')          # in the way
    status, lines, err = tell('mv', '-r', '@/x/y/', 'down')
    assert (status, len(lines), err.count('move failed')) == (1, 2, 1)
    assert sorted(below()) == ['/x/y/sub/c.txt']


def test_sync_transfers_what_changed_and_deletes(tell, below):
    root = plant(here() / 'up', THREE)
    assert len(tell('sync', 'up', '@/x')[1]) == 3
    assert tell('sync', 'up', '@/x') == (0, [], '')
    plant(root, {'a': b'9'}, FUTURE)        # the same size, and newer
    plant(root, {'b.txt': b'99'})           # and one that is not
    assert tell('sync', 'up', '@/x')[1] == ['upload: up/a to @/x/a']
    assert tell('sync', 'up', '@/x', '--checksum')[1] == [
        'upload: up/b.txt to @/x/b.txt']
    assert len(tell('sync', '@/x/', '@/y')[1]) == 3
    assert tell('sync', '@/x/', '@/y') == (0, [], '')
    (root / 'a').unlink()
    assert tell('sync', 'up', '@/x', '--delete')[1] == ['delete: @/x/a']
    assert tell('sync', '@/x', '@/y', '--delete', '--exclude', 'a') == (
        0, [], '')
    assert tell('sync', '@/x', '@/y', '--delete')[1] == ['delete: @/y/a']
    assert sorted(below()) == ['/%s/%s' % (at, name) for at in 'xy'
                               for name in ('b.txt', 'sub/c.txt')]


def test_sync_into_what_its_source_is_in_deletes_no_source(
        tell, below, server):
    needs(server, 'batches')
    plant(here() / 'up', THREE)
    assert len(tell('sync', 'up', '@/y')[1]) == 3
    assert len(tell('sync', 'up', '@/x')[1]) == 3
    assert len(tell('sync', '@/y', '@', '--delete')[1]) == 6
    assert tell('sync', '@/y', '@', '--delete') == (0, [], '')
    assert sorted(below()) == sorted(
        '%s/%s' % (at, name) for at in ('', '/y') for name in THREE)


@each('words', ['mv log s3://bucket/', 'mv -r . s3://bucket'])
def test_mv_keeps_a_file_that_grew_while_it_was_sent(
        words, monkeypatch, tmp_path, capsys):
    def log(sock, asked):
        with open('log', 'ab') as file:
            file.write(b', more')
        sock.sendall(answer(headers={'ETag': '"e"'}))
        return True
    monkeypatch.chdir(str(plant(tmp_path, {'log': b'some'})))
    with Script(log) as script:
        monkeypatch.setenv('AWS_ENDPOINT_URL', script.endpoint)
        assert tinys3.main(words.split() + ['--no-sign-request']) == 1
    assert script.requests[0].body == b'some' and read('log') == b'some, more'
    assert 'move failed: ./log to s3://bucket/log: it changed' in (
        capsys.readouterr().err)


@each('target, arrives', [
    ('down', answer(body=b'1', headers={'ETag': '"v1"'})),
    ('s3://bucket/to', answer(body=b'<CopyObjectResult/>'))],
    ids=['file', 'object'])
def test_mv_keeps_an_object_that_another_replaced_meanwhile(
        target, arrives, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(str(tmp_path))
    versions = [answer(headers={'ETag': '"v%d"' % number}, length=1)
                for number in (1, 2)]
    with Script(versions[0], arrives, versions[1]) as script:
        monkeypatch.setenv('AWS_ENDPOINT_URL', script.endpoint)
        assert tinys3.main(['mv', 's3://bucket/k', target,
                            '--no-sign-request']) == 1
    assert len(script.requests) == 3
    assert 'it changed while it was moved' in capsys.readouterr().err


def test_mv_moves_where_listings_have_no_etags(monkeypatch):
    page = (b'<ListBucketResult><Contents><Key>d/k</Key><LastModified>2013-01'
            b'-01T00:00:00Z</LastModified><Size>1</Size></Contents>'
            b'</ListBucketResult>')
    with Script(answer(body=page), answer(body=b'<CopyObjectResult/>'),
                answer(204)) as script:
        monkeypatch.setenv('AWS_ENDPOINT_URL', script.endpoint)
        assert tinys3.main(['mv', '-r', 's3://bucket/d', 's3://bucket/to',
                            '--no-sign-request']) == 0
    assert [asked.method for asked in script.requests] == [
        'GET', 'PUT', 'DELETE']


def test_cp_looks_at_a_source_with_the_customers_key(monkeypatch):
    with Script(answer(length=1), answer(
            body=b'<CopyObjectResult/>')) as script:
        monkeypatch.setenv('AWS_ENDPOINT_URL', script.endpoint)
        assert tinys3.main([
            'cp', 's3://bucket/k', 's3://bucket/to', '--no-sign-request',
            '--header', 'X-Amz-Copy-Source-Server-Side-Encryption-Customer-'
            'Key: k']) == 0
    assert script.requests[0].headers[
        'x-amz-server-side-encryption-customer-key'] == 'k'


@needs_links
def test_mv_keeps_what_is_no_file(tell, below):
    os.mkfifo('pipe')
    thread = threading.Thread(target=write, args=('pipe', b'1'))
    thread.start()
    status, _, err = tell('mv', 'pipe', '@/')
    thread.join()
    assert (status, os.listdir('.')) == (1, ['pipe']) and 'no file' in err
    assert below() == {'/pipe': b'1'}


@each('words', ['mv -r', 'cp -r', 'sync'])
def test_no_source_is_replaced_by_another(words, tell, below, conn, key):
    for name in ('/d/d/a', '/d/a', '/d/z'):
        conn.upload(key + name, name.encode())
    status, lines, err = tell(*words.split() + ['@/d', '@'])
    left = {'/d/d/a': b'/d/d/a', '/a': b'/d/a', '/z': b'/d/z'}
    if 'mv' not in words:
        left.update({'/d/a': b'/d/a', '/d/z': b'/d/z'})
    assert (status, len(lines), below()) == (1, 2, left)
    assert 'failed: @/d/d/a to @/d/a: it would take the place' in err


def test_sync_without_its_folder_fails(tell):
    status, lines, err = tell('sync', 'nowhere', '@/x', '--delete')
    assert (status, lines) == (1, []) and 'no folder' in err


def test_sync_deletes_nothing_after_a_failure(tell, below, conn, key):
    conn.upload(key + '/x/a/b', b'')
    plant(here() / 'down', {'a': b'in the way', 'own': b''})
    status, lines, err = tell('sync', '@/x', 'down', '--delete')
    assert (status, lines) == (1, []) and err.startswith(
        'download failed: @/x/a/b to down/a/b: ')
    assert 'nothing was deleted' in err
    assert len(harvest(here() / 'down')) == 2


@each('name, parts', [
    ('path/k', (None, 'path/k')), ('s3://b', ('b', '')),
    ('s3://b/k//l', ('b', 'k//l')), ('s3://', ('', '')),
    ('s3://arn:aws:s3:r:1:accesspoint/p/k/l',
     ('arn:aws:s3:r:1:accesspoint/p', 'k/l')),
    ('s3://arn:aws:s3:r:1:accesspoint/p', (
        'arn:aws:s3:r:1:accesspoint/p', ''))])
def test_a_place_is_a_bucket_and_a_key(name, parts):
    assert tinys3._split_s3(name) == parts


@each('size, text', [(0, '0 Bytes'), (1, '1 Byte'), (1023, '1023 Bytes'),
                     (1024, '1.0 KiB'), (1024 ** 2 - 1, '1.0 MiB'),
                     (5 * 1024 ** 4, '5.0 TiB')])
def test_sizes_are_written_as_aws_does(size, text):
    assert tinys3._human(size) == text


@needs_links
def test_links_are_passed_over_and_pipes_are_read_if_named(tell, below):
    plant(here(), {'up/a': b'1'})
    (here() / 'up' / 'link').symlink_to(here() / 'up' / 'a')
    os.mkfifo('pipe')
    thread = threading.Thread(target=write, args=('pipe', HUGE))
    thread.start()
    assert tell('cp', 'pipe', 'up/link', '@/')[0] == 0
    thread.join()
    assert tell('sync', 'up', '@/x')[:2] == (0, ['upload: up/a to @/x/a'])
    assert below() == {'/pipe': HUGE, '/link': b'1', '/x/a': b'1'}


def test_rm_deletes_several_or_all_below_a_prefix(server, tell, below, conn,
                                                  key):
    needs(server, 'batches')
    for name in ('/a', '/b', '/x/1', '/x/2', '/xy'):
        conn.upload(key + name, b'')
    assert tell('rm', '@/a', '@/b') == (0, ['delete: @/a', 'delete: @/b'], '')
    assert tell('rm', '-r', '@/x', '--quiet') == (0, [], '')
    assert sorted(below()) == ['/xy']


@each('words', ['rm -r s3://bucket/a//', 'mv -r s3://bucket/a// x',
                'mv -r s3://bucket/a// s3://bucket/b', 'sync . s3://bucket/a//'
                ' --delete'])
def test_nothing_is_done_to_what_another_prefix_has(
        words, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(str(tmp_path))
    with Script(listing('a/xyz')) as script:    # as SeaweedFS does
        monkeypatch.setenv('AWS_ENDPOINT_URL', script.endpoint)
        assert tinys3.main(words.split() + ['--no-sign-request']) == 1
    assert len(script.requests) == 1
    assert 's3://bucket/a//: the server lists a/xyz as if it were there' in (
        capsys.readouterr().err)


def test_rm_goes_on_after_a_place_that_fails(
        tell, below, conn, key, server):
    needs(server, 'batches')
    for name in ('/a', '/x/1'):
        conn.upload(key + name, b'')
    none = 's3://no-' + uuid.uuid4().hex
    status, lines, err = tell('rm', '-r', none, '@/x')
    assert (status, lines) == (1, ['delete: @/x/1']) and 'NoSuchBucket' in err
    status, lines, err = tell('rm', none + '/b', '@/a')
    assert (status, lines) == (1, ['delete: @/a']) and 'NoSuchBucket' in err
    assert below() == {}


def test_rm_names_each_failure(monkeypatch, capsys):
    raw = answer(body=b'<DeleteResult><Error><Key>b</Key><Code>AccessDenied'
                      b'</Code></Error></DeleteResult>')
    with Script(raw) as script:
        monkeypatch.setenv('AWS_ENDPOINT_URL', script.endpoint)
        assert tinys3.main(['rm', 's3://bucket/a', 's3://bucket/b',
                            '--no-sign-request']) == 1
    out, err = capsys.readouterr()
    assert out == 'delete: s3://bucket/a\n'
    assert re.match('delete failed: s3://bucket/b: .*AccessDenied', err)


def test_cat_writes_all_it_can_get(shell, key, conn):
    conn.upload(key + '/a', b'1')
    conn.upload(key + '/b', HUGE)
    at = '%s/%s' % (shell, key)
    status, out, err = run('cat', at + '/a', at + '/no', at + '/b')
    assert (status, out) == (1, b'1' + HUGE) and err.count(b'\n') == 1
    with open('both', 'wb') as both_:       # placed, not poured
        assert subprocess.call([sys.executable, tinys3.__file__, 'cat',
                                at + '/b', at + '/a'], stdout=both_) == 0
    assert read('both') == HUGE + b'1'


@pytest.mark.skipif(os.name == 'nt', reason='needs a shell')
def test_a_reader_that_had_enough_is_no_error(shell, key, conn):
    conn.upload(key, HUGE * 3)
    at = '%s/%s' % (shell, key)
    err = subprocess.Popen(
        '"%s" "%s" cat %s | head -c 9' % (sys.executable, tinys3.__file__, at),
        shell=True, stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL).communicate(timeout=60)[1]
    assert err == b''


def test_presign_makes_a_link_that_works(tell, conn, key):
    conn.upload(key + '/a', b'linked')
    status, (url,), _ = tell('presign', '@/a', '--expires-in', '60')
    assert status == 0 and 'X-Amz-Expires=60' in url
    with contextlib.closing(raw_get(url)) as found:
        assert found.read() == b'linked'


def test_mb_and_rb(shell, server, capsys):
    needs(server, 'batches')
    name = 'tinys3-%s' % uuid.uuid4().hex
    assert tinys3.main(['mb', 's3://' + name]) == 0
    with connect(server, default_bucket=name) as conn:
        conn.upload('a/b', b'')
        assert tinys3.main(['rb', 's3://' + name, '--force']) == 0
    assert capsys.readouterr().out == (
        'make_bucket: {0}\ndelete: s3://{0}/a/b\nremove_bucket: {0}\n'.format(
            name))
    assert tinys3.main(['rb', 's3://' + name]) == 1
    assert 'NoSuchBucket' in capsys.readouterr().err


def test_rb_removes_no_bucket_unless_all_are_empty(shell, server, capsys):
    needs(server, 'batches')
    name = 'tinys3-%s' % uuid.uuid4().hex
    with connect(server, default_bucket=name) as conn:
        conn.create_bucket(name)
        conn.upload('a', b'')
        assert tinys3.main(
            ['rb', 's3://' + name, 's3://no' + name, '--force']) == 1
        assert 'NoSuchBucket' in capsys.readouterr().err
        assert list(conn.list()) == []
        conn.delete_bucket()


def test_stat_tells_all(tell, server, conn, key):
    needs(server, 'object headers')
    conn.upload(key + '/a', b'12', metadata={'by': 'me'}, content_type='a/b')
    status, lines, _ = tell('stat', '@/a')
    assert status == 0 and 'size           2' in lines
    assert 'metadata       by=me' in lines
    status, (line,), err = tell('stat', '--json', '@/a', '@/none')
    entry = json.loads(line)
    assert status == 1 and '404' in err
    assert entry.pop('last_modified').endswith('+00:00')
    assert entry.pop('bucket') == conn.default_bucket
    entry.pop('version_id')
    assert entry == {
        'key': key + '/a', 'size': 2, 'content_type': 'a/b', 'metadata': {
            'by': 'me'}, 'storage_class': 'STANDARD',
        'etag': hashlib.md5(b'12').hexdigest()}


def test_ls_tells_sums_and_what_begins_with_a_prefix(tell, conn, key):
    for name in ('/a', '/ab', '/b'):
        conn.upload(key + name, b'x' * 1536)
    status, lines, _ = tell('ls', '@/a', '--human-readable', '--summarize')
    assert status == 0 and [re.sub('^[-0-9]+ [:0-9]+', 'DATE', line)
                            for line in lines] == [
        '', '   Total Size: 3.0 KiB', 'DATE    1.5 KiB a',
        'DATE    1.5 KiB ab', 'Total Objects: 2']
    assert tell('ls', '@/none') == (1, [], '')


@pytest.mark.skipif(not hasattr(time, 'tzset'), reason='no time zones')
@each('zone, date', [('XXX8', '0001-01-01'), ('XXX-8', '9999-12-31')])
def test_ls_shows_the_first_and_the_last_time(
        zone, date, monkeypatch, capsys):
    body = re.sub(r'(?<=<LastModified>)[^<]*', date + 'T00:00:00Z'.replace(
        '00:', '23:' if date[0] == '9' else '00:'), ONE_KEY % ('', 'a'))
    monkeypatch.setenv('TZ', zone)
    with Script(answer(body=body.encode())) as script:
        monkeypatch.setenv('AWS_ENDPOINT_URL', script.endpoint)
        time.tzset()
        assert tinys3.main(['ls', 's3://bucket', '--no-sign-request']) == 0
    assert date.lstrip('0') in capsys.readouterr().out
    monkeypatch.undo()
    time.tzset()


@each('argv, body', [
    (['s3://bucket'], ONE_KEY % ('', 'a\x7f\u202e')),
    ([], '<ListAllMyBucketsResult><Buckets><Bucket><Name>a\x7f\u202e</Name>'
         '</Bucket></Buckets></ListAllMyBucketsResult>')],
      ids=['objects', 'buckets'])
def test_ls_writes_no_command_to_the_terminal(
        argv, body, monkeypatch, capsys):
    with Script(answer(body=body.encode())) as script:
        monkeypatch.setenv('AWS_ENDPOINT_URL', script.endpoint)
        assert tinys3.main(['ls', '--no-sign-request'] + argv) == 0
    assert capsys.readouterr().out.endswith(' a\\x7f\\u202e\n')


def test_global_options_come_first_or_last(shell, server, monkeypatch):
    monkeypatch.setenv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1')
    where = ['--endpoint-url', server.endpoint]
    assert tinys3.main(where + ['ls', shell]) == 0
    assert tinys3.main(['ls'] + where + [shell]) == 0


@each('words, name, value', [
    ('--cache-control no-store', 'cache-control', 'no-store'),
    ('--expires 60', 'cache-control', 'max-age=60'),
    ('--content-type a/b', 'content-type', 'a/b'),
    ('--expires 60 --metadata cache-control=no-store', 'cache-control',
     'no-store'), ('--metadata who=me', 'x-amz-meta-who', 'me')])
@each('way', ['up @/x', '@/s @/x'])
def test_options_reach_each_object_of_a_tree(
        way, words, name, value, tell, server, conn, key):
    needs(server, 'object headers')
    plant(here() / 'up', THREE)
    conn.upload(key + '/s/a', b'')
    assert tell('cp', '-r', *way.split() + words.split())[0] == 0
    assert conn.head(key + '/x/a').headers[name] == value


def on_a_terminal(*args):
    """Run the command line with a terminal as stderr; return its exit
    status, and what came there."""
    pty = pytest.importorskip('pty')
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, tinys3.__file__] + list(args), stderr=slave,
        stdout=subprocess.PIPE)
    os.close(slave)
    told = b''
    while True:
        try:
            news = os.read(master, 9999)
        except OSError:     # Linux, when the other side is closed
            break
        if not news:
            break
        told += news
    os.close(master)
    with process:
        process.stdout.read()
    return process.returncode, told.decode()


HOW_FAR = (r'[\d.]+ [KMG]?i?B\w*/[\d.]+ [MG]iB, \d+/\d+ files, '
           r'[\d.]+ [KMG]?i?B\w*/s, \d+:\d\d:\d\d left')


@each('more, count', [([], 1), (['--quiet'], 0), (['--no-progress'], 0)])
def test_a_terminal_is_told_how_far_it_is(more, count, shell, key):
    plant(here() / 'up', {'a': b'1', 'b': HUGE})
    status, told = on_a_terminal(
        'cp', '-r', 'up', '%s/%s' % (shell, key), *more)
    assert (status, bool(told)) == (0, bool(count))
    if count:
        assert re.match('\r\x1b\\[K' + HOW_FAR, told)
        assert told.endswith('\r\x1b[K')


def test_an_interrupted_cp_leaves_nothing_open(monkeypatch, tmp_path, capsys):
    plant(tmp_path, {'big': HUGE * 3})

    def interrupt(sock, asked):
        os.kill(os.getpid(), 2)
        sock.sendall(answer(headers={'ETag': '"e"'}))
        return True
    made = answer(body=b'<InitiateMultipartUploadResult><UploadId>U</UploadId>'
                       b'</InitiateMultipartUploadResult>')
    with Script(made, interrupt, *[answer()] * 20) as script:
        monkeypatch.setenv('AWS_ENDPOINT_URL', script.endpoint)
        assert tinys3.main(['cp', str(tmp_path / 'big'), 's3://bucket/',
                            '--no-sign-request']) == 130
    assert script.requests[-1][:2] == ('DELETE', '/bucket/big?uploadId=U')
    assert capsys.readouterr() == ('', 'tinys3: interrupted\n')


def test_a_connection_tries_again_after_a_tree_was_interrupted_twice(
        tmp_path):
    def interrupt(what):
        if what == 'PUT a':
            for _ in range(2):
                os.kill(os.getpid(), 2)
                time.sleep(0.3)
        if what == 'GET b' and grove.told.count(what) == 1:
            return error_answer(503, 'SlowDown')
    with growing({'b': b'2'}, step=interrupt, retry=2) as (conn, grove):
        with pytest.raises(KeyboardInterrupt):
            conn.upload_dir(plant(tmp_path, {'a': b'1'}))
        assert conn.get('b').content == b'2'


def test_large_objects_are_copied_several_at_once(monkeypatch):
    both_came = threading.Barrier(2, timeout=20)

    def serve(sock, asked):
        if asked.method == 'PUT':
            both_came.wait()
            sock.sendall(answer(body=b'<CopyObjectResult/>'))
        else:
            sock.sendall(answer(body=b'<ListBucketResult>%s</ListBucketResult>'
                                % b''.join(re.findall(
                                    b'<Contents.*?</Contents>', b''.join(
                                        (ONE_KEY % ('', 's/%d' % number))
                                        .replace('<Size>1', '<Size>500000000')
                                        .encode() for number in range(2))))))
        return True
    with Script(*[serve] * 9) as script:
        monkeypatch.setenv('AWS_ENDPOINT_URL', script.endpoint)
        assert tinys3.main(['cp', '-r', 's3://bucket/s', 's3://bucket/t',
                            '--no-sign-request']) == 0


def test_an_interrupted_copy_is_not_tried_again(monkeypatch, capsys):
    def serve(sock, asked):
        if asked.method == 'PUT':
            os.kill(os.getpid(), 2)
            sock.sendall(error_answer(503, 'SlowDown', headers={
                'Retry-After': '20'}))
        else:
            sock.sendall(listing('s/a') if 'prefix=s' in asked.target
                         else answer(body=b'<ListBucketResult/>'))
        return True
    with Script(*[serve] * 20) as script:
        monkeypatch.setenv('AWS_ENDPOINT_URL', script.endpoint)
        assert tinys3.main(['cp', '-r', 's3://bucket/s', 's3://bucket/t',
                            '--no-sign-request']) == 130
    assert [asked.method for asked in script.requests].count('PUT') == 1
    assert 'interrupted' in capsys.readouterr().err


# ---------------------------------------------------------------------------
# Fuzzing: random input, outside the default run
# ---------------------------------------------------------------------------

# TINYS3_FUZZ=1000000 tries a million cases of each; each has a seed, its
# number, from TINYS3_FUZZ_SEED on. With TINYS3_FUZZ_ENGINE=atheris, libFuzzer
# chooses them, guided by the lines of the module that they reach.
CASES = int(os.environ.get('TINYS3_FUZZ') or 0)
ENGINE = os.environ.get('TINYS3_FUZZ_ENGINE') or 'seeds'
fuzzing = pytest.mark.skipif(
    not CASES, reason='TINYS3_FUZZ=N tries N random cases of each')


class Guided(random.Random):
    """Chooses as the bytes say that a guided fuzzer makes up, and where
    they end at random, seeded by them."""

    def __init__(self, data):
        super().__init__(data)
        self._data = io.BytesIO(data)

    def getrandbits(self, count):
        size = (count + 7) // 8
        data = self._data.read(size)
        if len(data) < size:
            return super().getrandbits(count)
        return int.from_bytes(data, 'little') & (1 << count) - 1

    def random(self):
        return self.getrandbits(32) / 2 ** 32


def run_seeds(check):
    """Try seeds in a row; what fails tells its own."""
    chance, seed = random.Random(), 0
    first = int(os.environ.get('TINYS3_FUZZ_SEED') or 0)
    try:
        for seed in range(first, first + CASES):
            chance.seed(seed)
            check(chance)
    except BaseException:
        print('TINYS3_FUZZ=1 TINYS3_FUZZ_SEED=%d tries this case' % seed)
        raise


def run_atheris(check, folder):
    """Let libFuzzer choose, which never returns, in a child."""
    atheris = pytest.importorskip('atheris')
    child = os.fork()
    if not child:
        try:
            for thing in vars(tinys3).values():
                for function in [thing] + list(vars(thing).values() if (
                        inspect.isclass(thing)) else ()):
                    if inspect.isfunction(function) and (
                            function.__module__ == 'tinys3'):
                        atheris.instrument_func(function)
            atheris.Setup(
                ['fuzz', '-runs=%d' % CASES, '-max_len=2000', '-timeout=60',
                 '-rss_limit_mb=0', '-artifact_prefix=%s/' % folder,
                 str(folder)], lambda data: check(Guided(data)))
            atheris.Fuzz()
        finally:
            os._exit(99)
    assert os.waitpid(child, 0)[1] == 0


@pytest.fixture
def cases(tmp_path):
    """Make a decorator of what checks one case, that tries them all."""
    return run_seeds if ENGINE == 'seeds' else (
        lambda check: run_atheris(check, tmp_path))


def maybe(chance, *choices):
    """Choose one, or with the same chance the empty first."""
    return chance.choice((choices[0][:0],) + choices)


def few(chance, items, most=8):
    """Choose some items, in any order, repeated or not."""
    return [chance.choice(items) for _ in range(chance.randrange(most))]


def damaged(chance, data, spice):
    """Spoil bytes in up to four places, or leave them whole."""
    for _ in range(chance.randrange(5)):
        at = chance.randrange(len(data) + 1)
        end = at + chance.choice((0, 0, 1, 2, 9))
        new = chance.choice((b'', chance.choice(spice), data[at:at + 9],
                             bytes((chance.randrange(256),))))
        data = data[:at] + new + data[end:]
    return data


def spoilt(chance, text, spice):
    """Spoil text likewise."""
    return damaged(chance, text.encode('latin-1'), spice).decode('latin-1')


def came_of(call, *args):
    """Return what a call returns, or the error that it raises."""
    try:
        return call(*args)
    except Exception as error:
        return error


HEAD_NAMES = ('Content-Type', 'ETag', 'x-amz-meta-a', 'X-Amz-Meta-A', 'Date',
              'x-amz-request-id', 'Server', "!#$%&'*+-.^_`|~", 'x')
HEAD_VALUES = ('', 'a', '"abc-1"', 'a: b', '  x', 'y \t ', '\xe4', 'a\tb',
               '\u00e0\u00c5'.encode().decode('latin-1'), '\x85', '=', '\xa0')
HEAD_SPICE = (b'\r', b'\n', b'\r\n', b'\r\n\r\n', b': ', b' ', b'\t', b'\0',
              b'HTTP/1.1 ', b'HTTP/1.0 ', b'HTTP/2 ', b'100', b'204', b'999',
              b'Content-Length: 5\r\n', b'Content-Length: 5, 5\r\n',
              b'Content-Length: -1\r\n', b'Content-Length: %d\r\n' % 10 ** 19,
              b'Transfer-Encoding: chunked\r\n', b'chunked', b', ', b'\xff',
              b'Transfer-Encoding: gzip, chunked\r\n', b'Connection: close')


def random_head(chance):
    """Write the head of an answer, without the empty line at its end."""
    lines = ['HTTP/1.%d %d%s' % (chance.randrange(2), chance.choice(
        (200, 206, 204, 304, 403, 404, 500, 503)), maybe(
            chance, ' ', ' OK', ' Not Found', ' \xe4'))]
    for name in few(chance, HEAD_NAMES):
        lines.append(name + chance.choice((':', ': ', ':\t')) + ' '.join(
            few(chance, HEAD_VALUES, 3)))
        if chance.random() < 0.1:
            lines.append(chance.choice(' \t') + 'folded ')
    for line in ('Content-Length: %d' % chance.randrange(2000),
                 chance.choice(('Transfer-Encoding: chunked',
                                'transfer-encoding:Chunked')),
                 chance.choice(('Connection: close', 'Connection: keep-alive',
                                'connection: Keep-Alive'))):
        if chance.random() < 0.4:
            lines.insert(1, line)
    return ''.join(line + chance.choice(('\r\n', '\r\n', '\n'))
                   for line in lines).encode('latin-1')


@fuzzing
def test_any_head_is_a_head_or_a_transport_error(cases):
    @cases
    def try_one(chance):
        data = damaged(chance, random_head(chance), HEAD_SPICE)
        head = came_of(tinys3._Head, data, chance.choice(('GET', 'HEAD')))
        if not isinstance(head, tinys3.TransportError):
            assert 100 <= head.status < 600
            assert head.length is None or 0 <= head.length < 10 ** 18
            assert all(type(value) is str and name == name.lower()
                       and '\n' not in name + value
                       for name, value in head.headers.items())
        elif len(str(head)) > 200:
            raise head


def read_by_http_client(data, method):
    """Let http.client read the head of an answer."""
    class Wire(object):
        def makefile(self, *_):
            return io.BytesIO(data)
    response = http.client.HTTPResponse(Wire(), method=method)
    response.begin()
    return response


def unfolded(values):
    return ', '.join(re.sub(r'[ \t]*\r?\n[ \t]+', ' ', value).strip(' \t')
                     for value in values)


@fuzzing
def test_a_head_is_read_as_http_client_reads_it(cases):
    @cases
    def try_one(chance):
        data, method = random_head(chance), chance.choice(('GET', 'HEAD'))
        ours = tinys3._Head(data.rstrip(b'\n').rstrip(b'\r'), method)
        theirs = read_by_http_client(data + b'\r\n', method)
        assert (ours.status, ours.reason) == (theirs.status, theirs.reason)
        assert ours.headers == {
            name.lower(): unfolded(theirs.headers.get_all(name))
            for name in theirs.headers}
        if method == 'HEAD' or theirs.status in (204, 304):
            assert (ours.length, ours.chunked) == (0, False)
            return
        assert ours.chunked == theirs.chunked
        assert theirs.chunked or ours.length == theirs.length
        if ours.chunked or ours.length is not None:
            assert ours.keeps_alive is not theirs.will_close


class Pieces(object):
    """A socket whose bytes come in random pieces, and then the end."""

    def __init__(self, chance, data):
        self._most = chance.choice((1, 2, 7, 100, 10 ** 6))
        self._ends, self.rest = 0, data

    def recv(self, size):
        assert self._ends < 3, 'it reads on and on'
        size = min(size, self._most)
        piece, self.rest = self.rest[:size], self.rest[size:]
        self._ends += not piece
        return piece

    def gettimeout(self):
        return None

    def settimeout(self, timeout):
        pass

    def close(self):
        pass


def in_random_chunks(chance, body):
    """Write a body in chunks, as RFC 9112 lets a server do it."""
    wire, at = [], 0
    end = chance.choice((b'\r\n', b'\n'))
    while at < len(body):
        piece = body[at:at + chance.choice((1, 2, 15, 300))]
        at += len(piece)
        wire += [chance.choice((b'%x', b'%X', b'00%x')) % len(piece), maybe(
            chance, b';a', b' ;b="c"', b' '), end, piece, end]
    return b''.join(wire + [
        b'0', maybe(chance, b'00', b';last'), end,
        maybe(chance, b'x-trailer: 1' + end, b'a:' + end), end])


def random_answer(chance):
    """Make the head and the body of an answer as they are on the wire, what
    they say, and whether its end can be told."""
    body = b'0123\r\n56789abcdef' * chance.choice((0, 1, 1, 3, 90))
    body = body[chance.randrange(17):]
    kind = chance.randrange(4)
    if kind == 0:
        head, wire = 'Transfer-Encoding: chunked', in_random_chunks(
            chance, body)
    elif kind == 1:
        head, wire, body = chance.choice((
            'Content-Length: 9', 'Transfer-Encoding: chunked', 'A: b')
        ), b'', b''
    else:
        head, wire = 'Content-Length: %d' % len(body) if kind == 2 else (
            'A: b'), body
    return ('HTTP/1.1 %d X\r\n%s\r\n\r\n' % (
        204 if kind == 1 else 200, head)).encode(), wire, body, kind != 3


def receive(chance, data, came):
    """Read an answer as the transport does, in reads of one size; return
    the channel, if it is given back."""
    channel, given = tinys3._Channel(Pieces(chance, data)), []
    size = chance.choice((1, 3, 50, 10 ** 6))
    payload = tinys3._Incoming(
        channel, tinys3._read_answer(channel, 'GET', None), given.append)
    for piece in iter(lambda: payload.read(size), b''):
        assert len(piece) <= size
        came.append(piece)
    assert payload.read(size) == b'' and given == [channel]
    return channel


@fuzzing
def test_a_body_is_read_to_its_end_and_no_further(cases):
    @cases
    def try_one(chance):
        head, wire, body, told = random_answer(chance)
        more = maybe(chance, b'HTTP/1.1 200 OK\r\n\r\n', b'\n') if told else (
            b'')
        came = []
        channel = receive(chance, head + wire + more, came)
        assert b''.join(came) == body
        assert channel.ahead + channel.sock.rest == more
        assert channel.is_clean() == (told and not channel.ahead)


@fuzzing
def test_a_body_that_is_cut_anywhere_is_refused(cases):
    @cases
    def try_one(chance):
        head, wire, body, told = random_answer(chance)
        whole = head if not told else head + wire
        data, came = whole[:chance.randrange(len(whole))], []
        with pytest.raises(tinys3.TransportError):
            receive(chance, data, came)
        assert body.startswith(b''.join(came))


@fuzzing
def test_a_body_that_is_closed_early_leaves_a_clean_connection(cases):
    @cases
    def try_one(chance):
        head, wire, body, told = random_answer(chance)
        more = maybe(chance, b'HTTP/1.1 200 OK\r\n\r\n') if told else b''
        channel = tinys3._Channel(Pieces(chance, head + wire + more))
        given = []
        payload = tinys3._Incoming(
            channel, tinys3._read_answer(channel, 'GET', None), given.append)
        came = payload.read(chance.choice((0, 1, 50)))
        payload.close()
        assert body.startswith(came)
        if given:
            assert channel.ahead + channel.sock.rest == more


CHUNK_SPICE = (b'\r\n', b'\n', b'0\r\n\r\n', b'-1\r\n', b'+5\r\n', b'0x5\r\n',
               b'1_0\r\n', b'f' * 15 + b'\r\n', b'f' * 17 + b'\r\n', b';',
               b'Content-Length: 5\r\n', b'\xb2\r\n', b'A: b\r\n' * 120)


@fuzzing
def test_any_answer_is_some_of_its_bytes_or_a_transport_error(cases):
    @cases
    def try_one(chance):
        head, wire, _, _ = random_answer(chance)
        data, came = damaged(chance, head + wire, CHUNK_SPICE), []
        error = came_of(receive, chance, data, came)
        if isinstance(error, Exception) and not isinstance(
                error, tinys3.TransportError):
            raise error
        rest = data
        for piece in came:
            rest = rest[rest.index(piece) + len(piece):]


XML_TAGS = ('a', 'Key', 'n:Contents', 'ListBucketResult', 'E-1', '\u00e4')
XML_TEXTS = ('x', 'two words', '&amp;', '&lt;&gt;', ']]&gt;', '\n', '\t', '"',
             '&#13;', '&#x4e2d;', '\u4e2d', '\U0001f600', '<![CDATA[<&]]>',
             '<!-- c -->', '<?p i?>', '%41+', '\u00e4', '\ufdd1', '\r\n',
             ' ')
XML_SPICE = (b'<', b'>', b'</', b'/>', b'&', b'&#', b'&#1;', b'&#x0;', b'&#0;',
             b'\0', b'\x01', b'\xff', b'\xef\xbf\xbf', b'&#xFFFF;', b'&a;',
             b'<!DOCTYPE a>', b'<!DOCTYPE a [<!ENTITY a "b">]>', b']]>',
             b'<![CDATA[', b'<!--', b'<?', b'<a>' * 40, b'<a x="1" x="2">',
             b'<?xml version="1.0"?>', b'xmlns:n="u"', b'\xff\xfe', b':',
             b'\xed\xa0\x80', b'\xfe\xff', b'\xef\xbb\xbf') + tuple(
    b'<?xml version="1.0" encoding="%s"?>' % name for name in (
        b'utf-8', b'utf-16', b'latin-1', b'ascii', b'idna', b'punycode',
        b'undefined', b'hex', b'rot13', b'utf-7', b'shift_jis', b'cp037',
        b'unicode_escape', b'big5', b'mbcs', b'', b'koi8-r', b'cp1252'))


def random_element(chance, depth=0):
    """Write an element: attributes, text, children, comments."""
    tag = chance.choice(XML_TAGS)
    inside = few(chance, XML_TEXTS, 5)
    for _ in range(chance.choice((0, 0, 1, 3)) if depth < 4 else 0):
        inside += [random_element(chance, depth + 1)] + few(
            chance, XML_TEXTS, 2)
    return '<%s%s>%s</%s>' % (tag, chance.choice((
        '', ' a="b"', ' xmlns="urn:x"', ' b=""', ' n:c="d>"')), ''.join(
            inside), tag)


def random_xml(chance, *encodings):
    """Write a document, in some encoding."""
    text = '<Root xmlns:n="urn:y">%s</Root>' % random_element(chance)
    encoding = chance.choice(('utf-8',) + encodings)
    if encoding != 'utf-8' or chance.random() < 0.5:
        text = '<?xml version="1.0" encoding="%s"?>%s' % (encoding, text)
    return text.encode(encoding, 'ignore')


def alike(ours, theirs):
    """Say whether two trees agree in names, in texts before children, and
    in children."""
    stack = [(ours, theirs)]
    for one, other in stack:
        if (one.tag != other.tag.rpartition('}')[2]
                or one.content != (other.text or '')
                or len(one.children) != len(other)):
            return False
        stack.extend(zip(one.children, other))
    return True


@fuzzing
def test_xml_is_read_as_element_tree_reads_it(cases):
    from xml.etree import ElementTree

    @cases
    def try_one(chance):
        data = random_xml(chance)
        assert alike(tinys3._xml(data), ElementTree.fromstring(data)), data


@fuzzing
def test_any_xml_is_an_element_or_a_value_error(cases):
    @cases
    def try_one(chance):
        data = damaged(chance, random_xml(
            chance, 'utf-16', 'iso-8859-1'), XML_SPICE)
        found = came_of(tinys3._xml, data)
        if not isinstance(found, tinys3._Element):
            assert isinstance(found, ValueError), repr(found)
            assert len(str(found)) < 200


SECTIONS = ('default', 'profile work', 'work', 'profile a b', 'services s',
            'sso-session x', 'DEFAULT', '\u00e4')
OPTIONS = ('aws_access_key_id', 'aws_secret_access_key', 'region', 'services',
           'endpoint_url', 'ca_bundle')
OPTION_VALUES = ('A', 'hunter2/+%s', '%(x)s', 'a=b', 'a : b', '"q"', 'x;y',
                 'x#y', '\u00e4\u4e2d', '[x]', 'two  words', 's3 = x', '%')
FILE_SPICE = (b'\n', b'\r', b'\n ', b'[', b']', b'=', b':', b'#', b';', b' ',
              b'\0', b'\xff', b'\xef\xbb\xbf', b'\n[default]\n', b'\n\t',
              b'\n=hunter2\n', b'\nhunter2\n', b'\n[\n]\n', b'\n[]\n', b'%',
              b'\ns3 =\n  a = b\n', b'\n[default\n', b'rem ', b'\x85')


def random_section(chance):
    """Write the options of a section; return its lines and what they say."""
    lines, said = [], {}
    for option in few(chance, OPTIONS):
        said[option] = chance.choice(OPTION_VALUES)
        lines += few(chance, ('', '# c', '; c', '#c = d'), 2) + [
            chance.choice((option, option.upper()))
            + chance.choice(('=', ' = ', ': ', '\t=')) + said[option]
            + maybe(chance, ' ')]
    if chance.random() < 0.3:
        said['s3'] = {option: chance.choice(OPTION_VALUES)
                      for option in few(chance, OPTIONS)}
        lines += ['s3 ='] + ['  %s = %s' % pair
                             for pair in said['s3'].items()]
    return lines, said


def random_shared_file(chance):
    """Write a shared file; return it and what its sections say."""
    lines, said = [], {}
    for name in few(chance, SECTIONS, 4):
        more, options = random_section(chance)
        lines += ['[%s]' % name] + more
        said.setdefault(name, {}).update(options)
    data = ''.join(line + chance.choice(('\n', '\n', '\r\n'))
                   for line in lines).encode()
    return maybe(chance, b'\xef\xbb\xbf') + data, said


def agrees(found, said):
    """Say whether a section was read as it was written."""
    nested = said.pop('s3', {})
    text = found.pop('s3', '')
    return found == said and nested == {
        option: tinys3._nested(text, option) for option in OPTIONS
        if tinys3._nested(text, option) is not None}


@fuzzing
def test_a_shared_file_says_what_was_written(cases, tmp_path):
    path = str(tmp_path / 'file')

    @cases
    def try_one(chance):
        data, said = random_shared_file(chance)
        with open(path, 'wb') as file:
            file.write(data)
        name = chance.choice(SECTIONS)
        assert agrees(tinys3._read_section(path, name), said.get(name, {}))


def read_by_botocore(path, section):
    """Let botocore read a section, its blocks as the text they are."""
    from botocore import configloader
    found = configloader.raw_config_parse(path, False).get(section, {})
    return {option: value.strip() for option, value in found.items() if value}


@fuzzing
def test_a_shared_file_is_read_as_botocore_reads_it(cases, tmp_path):
    pytest.importorskip('botocore')
    from botocore.exceptions import ConfigParseError
    path = str(tmp_path / 'file')

    @cases
    def try_one(chance):
        data, said = random_shared_file(chance)
        if data.startswith(b'\xef') or 'DEFAULT' in said:
            return          # botocore knows no BOM, and a section of defaults
        with open(path, 'wb') as file:
            file.write(data)
        name = chance.choice(SECTIONS)
        try:
            theirs = read_by_botocore(path, name)
        except ConfigParseError:
            return          # something is there twice
        assert tinys3._read_section(path, name) == theirs


@fuzzing
def test_any_shared_file_is_read_or_refused_without_its_text(cases, tmp_path):
    path = str(tmp_path / 'file')

    @cases
    def try_one(chance):
        data = damaged(chance, random_shared_file(chance)[0], FILE_SPICE)
        with open(path, 'wb') as file:
            file.write(data)
        found = came_of(tinys3._read_section, path, chance.choice(SECTIONS))
        if not isinstance(found, dict):
            assert isinstance(found, tinys3.CredentialsError), repr(found)
            assert re.match(r'.*/file cannot be read as a shared AWS file '
                            r'\(line (\d+|\?)\)\Z', str(found))


KEY_PIECES = ODD + ['%2B', '\n', '\r', '\t', '\x00', '\x1f', '\x7f', '\x85',
                    '<', '>', ']]>', '"', '\ufffd', '\\', '`', '\u2028',
                    '&amp;', '\ufeff', '\xa0']


def random_key(chance):
    return ''.join(few(chance, KEY_PIECES)) or 'k'


class Listed(object):
    """A bucket in memory, in place of the transport: it answers listings as
    a server may, page by page, encoded or not."""

    def __init__(self, chance, keys):
        self.chance, self.keys = chance, sorted(keys)
        self.url = chance.random() < 0.5
        self.spice = None       # what may spoil a page
        self.size = chance.choice((1, 2, 5))
        self.asked, self.tokens = 0, {}

    def send(self, method, address, headers, body, stream, limit):
        self.asked += 1
        assert self.asked < 99, 'it asks on and on'
        page = self.page(dict(urllib.parse.parse_qsl(
            address.query, True, errors='strict'))).encode()
        if self.spice:
            page = damaged(self.chance, page, self.spice)
        return tinys3.Response(200, 'OK', {}, io.BytesIO(page))

    def text(self, key):
        """Write a key into XML."""
        return ''.join(
            '&#%d;' % ord(c) if c < ' ' or c in '\x7f&<>"' else c
            for c in (urllib.parse.quote_plus(key, self.chance.choice(
                ('', '/', '/~*'))) if self.url else key))

    def page(self, query):
        after = query.get('marker', query.get('start-after', ''))
        if 'continuation-token' in query:
            after = self.tokens.get(query['continuation-token'], '')
        left = [key for key in self.keys
                if key > after and key.startswith(query.get('prefix', ''))]
        return ('<ListBucketResult><IsTruncated>%s</IsTruncated>%s%s%s'
                '</ListBucketResult>' % (
                    str(len(left) > self.size).lower(),
                    '<EncodingType>url</EncodingType>' if self.url else '',
                    self.on(query, left), ''.join(
                        self.entry(key) for key in left[:self.size])))

    def on(self, query, left):
        """Say how the listing goes on, as its version does."""
        last = left[min(self.size, len(left)) - 1] if left else ''
        if 'list-type' not in query:
            return '<Marker/>' + maybe(
                self.chance, '<NextMarker>%s</NextMarker>' % self.text(last))
        token = '%d+/=&amp;%%41' % len(self.tokens)
        self.tokens[token.replace('amp;', '')] = last
        return ('<NextContinuationToken>%s</NextContinuationToken>'
                % token if len(left) > self.size else '')

    def entry(self, key):
        etag, size, date = about(key)
        fields = [
            '<Key>%s</Key>' % self.text(key),
            '<LastModified>%s</LastModified>' % date,
            self.chance.choice(('<ETag>&quot;%s&quot;</ETag>',
                                '<ETag>&#34;%s&#34;</ETag>',
                                '<ETag>"%s"</ETag>')) % etag,
            '<Size>%d</Size>' % size] + few(self.chance, (
                '<StorageClass>STANDARD</StorageClass>', ''), 1)
        if self.chance.random() < 0.1:
            self.chance.shuffle(fields)
        return '<Contents>%s</Contents>' % ''.join(fields)


def about(key):
    """Return the ETag, size and date of an object."""
    crc = zlib.crc32(key.encode())
    return '%08x' % crc, crc, '2013-05-24T00:00:%02d.000Z' % (crc % 60)


@pytest.fixture
def listed_by():
    """Return what lists the keys of a Listed bucket."""
    with tinys3.Connection(default_bucket='bucket', anonymous=True, retry=1,
                           endpoint='http://localhost:1') as conn:
        def entries(bucket, old, **options):
            conn._transport, conn._list_v1 = bucket, old
            return list(conn.list(**options))
        yield entries
        conn._transport = tinys3._Transport((1, 1))


@fuzzing
def test_a_listing_has_what_the_bucket_has(cases, listed_by):
    @cases
    def try_one(chance):
        keys = set(random_key(chance) for _ in range(chance.randrange(9)))
        keys.discard('')
        prefix = maybe(chance, random_key(chance)[:1])
        start = maybe(chance, random_key(chance))
        found = listed_by(Listed(chance, keys), chance.random() < 0.5,
                          prefix=prefix, start_after=start)
        assert [entry['key'] for entry in found] == sorted(
            key for key in keys if key > start and key.startswith(prefix))
        for entry in found:
            assert about(entry['key']) == (
                entry['etag'], entry['size'],
                entry['last_modified'].strftime('%Y-%m-%dT%H:%M:%S.000Z'))


def entries_of(read, data):
    return tinys3._entries(read(data))


ROW_SPICE = (
    b'&amp;', b'&lt;', b'>', b']]>', b'"', b'&quot;', b'\t', b'\xc3\xa4',
    b'<![CDATA[x]]>', b'<!-- <Contents></Contents> -->', b'<?p?>', b'<!--',
    b'-->', b'<x>', b'</x>', b'<tinys3/>', b'<Size>1</Size>', b'\xef\xbf\xbd',
    b'<Owner><ID>a</ID></Owner>', b'<Contents/>', b'</ListBucketResult>',
    b'<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>', b' xmlns="u"',
    b'<ChecksumAlgorithm>CRC32</ChecksumAlgorithm>', b'W/', b'9', b'%2B')


@fuzzing
def test_rows_are_what_the_reader_reads(cases):
    @cases
    def try_one(chance):
        bucket = Listed(chance, {random_key(chance) for _ in range(4)})
        data = damaged(chance, bucket.page({}).encode(), maybe(
            chance, LIST_SPICE, ROW_SPICE) or (b'',))
        fast, slow = (came_of(entries_of, read, data)
                      for read in (tinys3._xml_of_listing, tinys3._xml))
        if isinstance(slow, Exception):
            assert type(fast) is type(slow), data
        else:
            assert fast == slow, data


LIST_SPICE = XML_SPICE + tuple(
    b'<%s>' % name for tag in (b'Key', b'Size', b'Contents', b'Marker',
                               b'IsTruncated', b'EncodingType', b'NextMarker')
    for name in (tag, b'/' + tag)) + (b'%', b'%ff', b'+', b'-', b'true',
                                      b'url', b'9' * 400, b'Error', b'19')


@fuzzing
def test_any_listing_is_entries_or_an_error_of_ours(cases, listed_by):
    @cases
    def try_one(chance):
        source = Listed(chance, {random_key(chance) for _ in range(4)})
        source.spice = LIST_SPICE
        found = came_of(listed_by, source, chance.random() < 0.5)
        if not isinstance(found, list):
            assert isinstance(found, tinys3.S3Error), repr(found)
            return
        for entry in found:
            assert type(entry['key']) is str and type(entry['size']) is int


@fuzzing
def test_quoting_is_urllibs(cases):
    quote, unquote = urllib.parse.quote, urllib.parse.unquote

    @cases
    def try_one(chance):
        key = random_key(chance)
        path, word = tinys3._quote_path(key), tinys3._quote(key)
        assert path == quote(key, '/~').replace('%7E', '~')
        assert word == quote(key, '~').replace('%7E', '~')
        assert unquote(path) == unquote(word) == key
        assert tinys3._unquote(urllib.parse.quote_plus(key)) == key
        query = {random_key(chance): random_key(chance) for _ in 'abc'}
        assert urllib.parse.parse_qsl(
            tinys3._query(query), True) == list(query.items())


@fuzzing
def test_quoting_is_botocores(cases):
    pytest.importorskip('botocore')
    from botocore.utils import percent_encode, percent_encode_sequence

    @cases
    def try_one(chance):
        key, name = random_key(chance), random_key(chance)
        assert tinys3._quote_path(key) == percent_encode(key, '/~')
        assert tinys3._query({name: key, 'x': 1}) == percent_encode_sequence(
            {name: key, 'x': '1'})


@fuzzing
def test_an_address_leads_back_to_its_key(cases):
    @cases
    def try_one(chance):
        key, query = random_key(chance), {'a': random_key(chance)}
        bucket = chance.choice(('bucket', 'a.b', 'A_b'))
        address = tinys3._Endpoint(chance.choice((
            None, 'http://localhost:9000', 'https://[::1]/base', 'host:443')
        )).address('us-east-1', bucket, key, query)
        parts = urllib.parse.urlsplit(address.url)
        path = parts.path.replace('/base', '', 1)
        if not parts.netloc.startswith('bucket.'):
            assert path.startswith('/%s/' % bucket)
            path = path[len(bucket) + 1:]
        assert urllib.parse.unquote(path) == '/' + key
        assert dict(urllib.parse.parse_qsl(parts.query, True)) == query
        assert address.authority == parts.netloc and not parts.fragment


@fuzzing
def test_random_signatures_are_botocores(cases):
    @cases
    def try_one(chance):
        method, url, headers, keys, region, body = random_request(
            chance.random())
        sent = tinys3.sign(
            method, url, headers, hashlib.sha256(body).hexdigest(), keys,
            region, 's3', NOW)
        names = signed_names(sent).split(';')
        assert sent['Authorization'][-64:] == sign_with_botocore(
            'S3SigV4Auth', method, url, {
                name: sent[name] for name in sent if name.lower() in names},
            keys, region, 's3', body)


@fuzzing
def test_random_presigned_urls_are_botocores(cases):
    @cases
    def try_one(chance):
        method, url, headers, keys, region, _ = random_request(
            chance.random())
        headers.pop('User-Agent', None)
        made, _, signature = tinys3.presign_url(
            method, url, keys, region, 60, headers=headers,
            now=NOW).partition('&X-Amz-Signature=')
        assert signature == sign_with_botocore(
            'S3SigV4QueryAuth', method, made, headers, keys, region, 's3')


PART_LENGTHS = (0, 0, 1, 2, 3, 15, 16, 17, 100, 1000, 4096)


@fuzzing
def test_the_crc_of_parts_is_that_of_the_whole(cases):
    @cases
    def try_one(chance):
        parts = [bytes((chance.randrange(256),)) * chance.choice(PART_LENGTHS)
                 for _ in range(chance.randrange(6))]
        assert tinys3._combined_crc32(
            (zlib.crc32(part), len(part)) for part in parts) == zlib.crc32(
            b''.join(parts))


@fuzzing
def test_the_crc_of_huge_parts_may_be_combined_in_any_order(cases):
    combined = tinys3._combined_crc32

    @cases
    def try_one(chance):
        parts = [(chance.getrandbits(32), chance.choice((
            0, 1, 5 << 20, 5 << 30, 8 << 20, 10 ** 9 + 7)))
            for _ in range(4)]
        at = chance.randrange(1, 4)
        ends = [(combined(some), sum(size for _, size in some))
                for some in (parts[:at], parts[at:])]
        assert combined(ends) == combined(parts)


def random_bytes_range(chance, most=12):
    """Choose a first byte, and a last that may be open."""
    first = chance.randrange(most)
    return first, chance.choice((None, first + chance.randrange(most)))


def random_range_answer(chance):
    """Make the head of an answer to a range; return it and the bytes that it
    says to hold, as a range of Python, and the size of the object."""
    first, last = random_bytes_range(chance)
    last = first if last is None else last
    size = last + chance.choice((1, 1, 2, 9))
    told = chance.choice(('%d' % size, '*'))
    status = chance.choice((206, 206, 206, 200, 304))
    headers = {'content-range': 'bytes %d-%d/%s' % (first, last, told)} if (
        status == 206) else chance.choice((
            {}, {'content-length': '%d' % size}))
    if status != 206:
        first, last = 0, size - 1
    known = told != '*' if status == 206 else headers
    return tinys3.Response(status, '', headers, tinys3._Payload()), range(
        first, last + 1), size if known else None


def is_wanted(asked, status, sent, size):
    """Say whether bytes are those that were asked for, of an object of some
    size, fewer at its end aside."""
    first, last = asked
    if status == 304:
        return True
    if size is None and (last is None or status == 200):
        return status == 200 and asked == (0, None)
    whole = range(first, last + 1 if last is not None else size)
    if status == 200:
        return first == 0 and (last is None or size <= last + 1)
    return len(sent) > 0 and sent in (whole, range(
        first, whole.stop if size is None else min(whole.stop, size)))


@fuzzing
def test_a_range_is_taken_if_it_is_the_one_that_was_asked_for(cases):
    @cases
    def try_one(chance):
        response, sent, size = random_range_answer(chance)
        asked = random_bytes_range(chance)
        if chance.random() < 0.5:       # not far from it
            asked = (sent.start, chance.choice((
                None, sent.stop - 1, sent.stop + 3)))
        error = came_of(tinys3._check_range, response, asked)
        assert (error is None) == is_wanted(
            asked, response.status_code, sent, size), (asked, sent, size)
        assert error is None or type(error) is tinys3.IntegrityError
        if response.status_code == 206:
            assert tinys3._extent(response) == (sent.start, sent.stop)


RANGE_SPICE = (b'9' * 5000, b'-', b'/', b'*', b' ', b'0', b'bytes ', b'\n',
               b'5', b'\xb2', b',', b'bytes=')


@fuzzing
def test_any_content_range_is_taken_or_refused(cases):
    @cases
    def try_one(chance):
        response, _, _ = random_range_answer(chance)
        response.status_code = 206
        response.headers['content-range'] = spoilt(
            chance, 'bytes 0-9/10', RANGE_SPICE)
        error = came_of(tinys3._check_range, response,
                        random_bytes_range(chance))
        start, end = tinys3._extent(response)
        assert 0 <= start and (end is None or end > 0)
        assert error is None or type(error) is tinys3.IntegrityError


@fuzzing
def test_parts_of_a_known_size_hold_it(cases):
    @cases
    def try_one(chance):
        most = chance.choice((10000, 1000, 1, 2, chance.randrange(1, 10001)))
        least = chance.choice((5 << 20, 8 << 20, chance.randrange(
            5 << 20, (5 << 30) + 1)))
        size = int(most * (5 << 30) * 2 ** chance.uniform(-40, 0.2))
        size = chance.choice((size, size, size // least * least))
        part = came_of(next, tinys3._part_sizes(size, least, True, most))
        if size > most * (5 << 30):
            assert isinstance(part, ValueError)
            return
        assert least <= part <= 5 << 30 and part * most >= size
        assert part == least or (part - 2 ** 20) * most < size


@fuzzing
def test_parts_of_a_stream_grow_unless_they_must_not(cases):
    @cases
    def try_one(chance):
        most = chance.choice((1, 2, 9, 10, 11, chance.randrange(1, 200)))
        least = chance.randrange(5 << 20, (5 << 30) + 1)
        equal = chance.random() < 0.3
        sizes = []
        with pytest.raises(ValueError):
            for size in tinys3._part_sizes(None, least, equal, most):
                sizes.append(size)
        assert len(sizes) == most and sizes[0] == least
        assert sizes == sorted(sizes) and sizes[-1] <= 5 << 30
        if equal:
            assert sizes[-1] == least


DATE_SPICE = (b'GMT', b'Feb', b'29', b'30', b'60', b'24', b'0000', b'-', b' ',
              b'9999', b'+0100', b'anF', b'\xb2', b':', b',', b'_', b'Z')


EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def random_moment(chance):
    return chance.randrange(-59011459200, 253402300800)  # years 100 to 9999


@fuzzing
def test_http_dates_are_read_as_email_reads_them(cases):
    @cases
    def try_one(chance):
        moment = random_moment(chance)
        text = '%s, %s' % tuple(email.utils.format_datetime(
            EPOCH + datetime.timedelta(seconds=moment), True).split(', '))
        assert tinys3._parse_http_date(text) == moment
        text = spoilt(chance, text, DATE_SPICE)
        read = tinys3._parse_http_date(text)
        if read is not None and ' 00' not in text:
            assert read == email.utils.parsedate_to_datetime(
                text).timestamp()


@fuzzing
def test_a_wait_that_is_asked_for_is_0_to_20_seconds(cases):
    def wait(name, text):
        return tinys3._retry_after(tinys3.Response(
            503, '', {name: text}, tinys3._Payload()), NOW)

    @cases
    def try_one(chance):
        asked = chance.choice((0, 1, 19, 20, 21, chance.randrange(10 ** 9)))
        date = email.utils.formatdate(asked + NOW, usegmt=True)
        assert wait('x-amz-retry-after', str(asked)) == min(asked / 1e3, 20)
        for text in str(asked), date:
            assert wait('retry-after', text) == min(asked, 20)
            spoken = wait(chance.choice(('retry-after', 'x-amz-retry-after')),
                          spoilt(chance, text, DATE_SPICE))
            assert spoken is None or 0 <= spoken <= 20


@fuzzing
def test_conditions_are_quoted_once(cases):
    @cases
    def try_one(chance):
        quoted, given = [], []
        for _ in range(chance.randrange(1, 4)):
            tag = ''.join(few(chance, 'abc-1,/+ \xe4')).strip(' ') or 'x'
            quoted.append('"%s"' % tag)
            assert tinys3._bare_etag('W/' + quoted[-1]) == tag
            given.append(tag if ',' not in tag and chance.random() < 0.5
                         else quoted[-1])
        sent = tinys3._quoted_etag(chance.choice((',', ', ')).join(given))
        assert sent == ', '.join(quoted) == tinys3._quoted_etag(sent)


ISO_SPICE = DATE_SPICE + (b'T', b'UTC', b'.', b'+23:59', b'-9999', b'9' * 30)


@fuzzing
def test_times_of_any_zone_are_read(cases):
    @cases
    def try_one(chance):
        moment = random_moment(chance)
        micro = chance.choice((0, chance.randrange(10 ** 6)))
        minutes = chance.choice((0, chance.randrange(-1439, 1440)))
        local = EPOCH + datetime.timedelta(
            seconds=moment, microseconds=micro, minutes=minutes)
        zone = '%s%02d%s%02d' % (
            '-' if minutes < 0 else '+', abs(minutes) // 60,
            maybe(chance, ':'), abs(minutes) % 60)
        if minutes == 0:
            zone = chance.choice((zone, 'Z', 'UTC', ''))
        text = local.strftime('%m-%dT%H:%M:%S') + (
            '.%06d' % micro if micro else maybe(chance, '.000')) + zone
        text = '%04d-%s' % (local.year, text)
        assert abs(tinys3._moment(text) - moment - micro / 1e6) < 1e-4
        found = came_of(tinys3._moment, spoilt(chance, text, ISO_SPICE))
        assert isinstance(found, (float, ValueError)), repr(found)


JSON_SPICE = (b'{', b'}', b'[', b']', b'"', b':', b',', b'null', b'true',
              b'NaN', b'Infinity', b'-', b'1e999', b'9' * 400, b'\xff', b'[' *
              100, b'\\u0000', b'\\ud800', b'\\', b'\n', b'\xef\xbb\xbf',
              b'{}', b'1', b' ')


@fuzzing
def test_any_answer_is_keys_or_an_error_without_them(cases):
    @cases
    def try_one(chance):
        end = chance.choice((None, True, 1.5, 1369353600000, [], {}, '',
                             '2013-05-24T00:00:00Z'))
        data = damaged(chance, json.dumps({
            'AccessKeyId': 'AKID', 'SecretAccessKey': 'hunter2',
            'SessionToken': chance.choice((None, 'hunter2', 5, '\u00e4')),
            'Expiration': end}).encode(), JSON_SPICE)
        found = came_of(tinys3._within, 'label', lambda: tinys3._made(
            'here', tinys3._json(data)))
        if not isinstance(found, tinys3.Credentials):
            assert isinstance(found, tinys3.CredentialsError), repr(found)
            assert 'hunter2' not in str(found)
            return
        assert type(found.secret_key) is str
        assert isinstance(found.expires_at, (float, type(None)))


# ---------------------------------------------------------------------------
# Safety: threads, forks, processes, the end, copies, secrets
# ---------------------------------------------------------------------------

needs_fork = pytest.mark.skipif(not hasattr(os, 'fork'), reason='needs fork')


@pytest.fixture
def switching():
    """Let threads take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.fixture
def stumbling(switching):
    """Let new threads give way at every line of the module."""
    def give_way(frame, event, argument):
        if frame.f_code.co_filename == tinys3.__file__:
            time.sleep(0)
            return give_way
    threading.settrace(give_way)
    yield
    threading.settrace(None)


def crowd(work, count=8):
    """Let threads begin the same work at once; return what came of it."""
    start = threading.Barrier(count)

    def run(number):
        start.wait(30)
        return work(number)
    with concurrent.futures.ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))


BEGIN = """
import atexit, os, signal, sys, threading, time
sys.path.insert(0, %r)
import tinys3
conn = tinys3.Connection(%r, %r, 'bucket', endpoint=sys.argv[1],
                         region='us-east-1', part_size=%d)
""" % (os.path.dirname(os.path.abspath(tinys3.__file__)), ACCESS, SECRET, PART)


def program(code, script, *options):
    """Run a program that talks to a script; it ends within 30 s."""
    return subprocess.run(
        [sys.executable] + list(options) + ['-c', code, script.endpoint],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30)


# -- threads

INHERITED = {
    'transport': (lambda conn: conn._transport, lambda it: it.close()),
    'budget': (lambda conn: conn._budget, lambda it: it.spend()),
    'keys': (lambda conn: tinys3._Keys(lambda now: EXAMPLE),
             lambda it: it.get(0.0)),
    'pool': (lambda conn: tinys3.Pool(ACCESS, SECRET),
             lambda it: it.executor)}


@each('kind', sorted(INHERITED))
def test_what_a_child_inherits_begins_anew_once_for_all_threads(kind):
    find, use = INHERITED[kind]
    thing, resets = find(tinys3.Connection(ACCESS, SECRET)), []
    thing._pid, reset = -1, thing._reset    # as in a forked child

    def slowly():
        resets.append(threading.Event().wait(0.05))
        reset()
    thing._reset = slowly
    crowd(lambda number: use(thing))
    assert len(resets) == 1 and thing._pid == os.getpid()


def test_a_file_takes_what_threads_write_whole(switching):
    lines = [bytes(bytearray([65 + number])) * 70000 + b'\n'
             for number in range(8)]
    with in_parts() as (conn, parts):
        with conn.open('k', 'wb') as file:
            crowd(lambda number: [file.write(lines[number])
                                  for _ in range(40)])
    whole = b''.join(body for _, body in sorted(parts.bodies.items()))
    assert sorted(whole.splitlines(True)) == sorted(lines * 40)


def test_a_warning_is_due_once_however_many_ask(stumbling):
    conn = tinys3.Connection(ACCESS, SECRET)
    due = crowd(lambda number: [conn._first('topic %d' % topic)
                                for topic in range(30)])
    assert [sum(each_) for each_ in zip(*due)] == [1] * 30


def test_a_worker_with_threads_serves_several_pools(stumbling):
    def look(conn):
        return conn.default_bucket
    conns = [tinys3.Connection(ACCESS, SECRET, 'bucket-%d' % number)
             for number in range(8)]
    said = crowd(lambda number: {tinys3._call(
        look, conns[number], 'elsewhere-%d' % number, (), {})
        for _ in range(30)})
    assert said == [{conn.default_bucket} for conn in conns]


@each('reply, said', [
    (lambda: error_answer(301, 'PermanentRedirect', headers=stated()),
     'is in region'),
    (lambda: skewed(300), 'the clock of this machine')])
def test_what_many_threads_learn_at_once_is_told_once(
        reply, said, caplog, stumbling):
    together = threading.Barrier(8)

    def no(sock, asked):
        together.wait(30)
        sock.sendall(reply())
        return True
    with talk(*[no] * 8 + [answer()] * 8) as (conn, _):
        conn._clock = lambda: NOW
        assert all(crowd(lambda number: conn.get('k').ok))
    assert caplog.text.count(said) == 1


def test_an_answer_says_nothing_of_checksums_it_does_not_know():
    """Or it would undo what another thread learnt meanwhile."""
    with in_parts() as (conn, parts):
        conn.upload('k', b'x')
        assert '_plain' not in vars(conn)


def test_a_pool_is_left_while_others_still_call_it(stumbling):
    def call(number):
        with contextlib.suppress(RuntimeError):
            return [pool.head('k') for _ in range(20)]
    with Script(*[answer()] * 200) as script:
        with contextlib.suppress(KeyError), pooled(script) as pool:
            threads = [threading.Thread(target=call, args=(number,))
                       for number in range(4)]
            for thread in threads:
                thread.start()
            raise KeyError
        for thread in threads:
            thread.join(30)
        wait_until(lambda: not pool._waiting)


# -- forks

def in_a_child(work):
    """Let a forked child work; say whether it came to True."""
    with warnings_off():
        child = os.fork()
    if not child:
        status = 1
        try:
            status = 0 if work() is True else 2
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1] == 0


@needs_fork
def test_a_child_has_threads_for_parts_though_those_of_the_parent_are_busy():
    def work():
        said = crowd(lambda number: crew.slots())
        return all(slots is said[0] for slots in said) and all(
            said[0].acquire(False) for _ in range(3))
    crew = tinys3.Connection(ACCESS, SECRET, part_threads=3)._crew
    for _ in range(3):
        crew.slots().acquire()
    assert in_a_child(work) and not crew.slots().acquire(False)


@needs_fork
@each('tls', [False, True], ids=['plain', 'tls'])
def test_parent_and_child_read_the_same_stream_to_its_end(tls, certificates):
    data = HUGE[:PART]
    more = dict(server_tls=certificates.good, ca_bundle=certificates.ca)
    with stored(data, **(more if tls else {})) as (conn, store):
        with conn.get('k', stream=True) as stream:
            assert stream.read(1000) == data[:1000]
            assert in_a_child(lambda: stream.read() == data[1000:])
            assert len(store.asked) == 2        # the second is the child's
            assert stream.read() == data[1000:] and len(store.asked) == 2


@needs_fork
@each('leave', [lambda stream: stream.close(),
                lambda stream: stream.read()], ids=['close', 'read'])
def test_a_child_takes_nothing_of_a_stream_that_cannot_be_resumed(leave):
    def work():
        with contextlib.suppress(tinys3.TransportError):
            return leave(stream) is None
        return True
    body = answer(body=b'0123456789')
    with talk(body) as (conn, script):
        with conn.get('k', stream=True) as stream:
            assert stream.read(1) == b'0' and in_a_child(work)
            assert stream.read() == b'123456789'
    assert len(script.requests) == 1


@needs_fork
@each_wrap
@each('size', [5, MORE], ids=['small', 'large'])
def test_a_file_is_written_by_the_process_that_opened_it(wrap, size):
    def work():
        with pytest.raises(ValueError, match='parent process'):
            raw.write(b'child')
        file.close()
        return True
    with in_parts() as (conn, parts):
        raw = conn.open('k', 'wb')
        file = wrap(raw)
        raw.write(HUGE[:size])
        assert in_a_child(work) and not parts.told['abort']
        file.close()
    assert b''.join(body for _, body in sorted(parts.bodies.items())
                    ) == (HUGE[:size] if size > PART else b"")


@needs_fork
@pytest.mark.filterwarnings('ignore::DeprecationWarning')
def test_a_child_that_ends_leaves_an_open_file_to_the_parent():
    code = BEGIN + (
        'file = conn.open("k", "w")\n'
        'file.write("parent\\n")\n'
        'child = os.fork()\n'
        'if child:\n'
        '    print(os.waitpid(child, 0)[1])\n'
        '    file.close()\n')
    parts = Parts()
    with Script(*[parts] * 9) as script:
        done = program(code, script)
    assert (done.returncode, done.stdout, done.stderr) == (0, b'0\n', b'')
    assert [put.body for put in parts.told['put']] == [b'parent\n']


# -- processes

SPAWNED = BEGIN + """
import concurrent.futures, multiprocessing, pickle

def get(conn):
    return conn.get('k').text

def fail(conn):
    conn.get('gone')

if __name__ == '__main__':
    context = multiprocessing.get_context(sys.argv[2])
    with concurrent.futures.ProcessPoolExecutor(
            2, mp_context=context) as processes:
        futures = [processes.submit(get, conn) for _ in range(3)]
        print(*[future.result(30) for future in futures])
        try:
            processes.submit(fail, conn).result(30)
        except tinys3.NotFound as error:
            print(error.code, error.key)
        with tinys3.Pool(executor=processes, **conn._arguments) as pool:
            print(*[each.text for each in pool.as_completed(
                pool.get('k') for _ in range(3))])
            print(pool.upload('k', __file__).result(30).etag)
"""


def stock(sock, asked):
    """Answer as an S3 that has the key k only."""
    sock.sendall(error_answer(404, 'NoSuchKey') if 'gone' in asked.target
                 else answer(body=b'here' if asked.method == 'GET' else b''))
    return True


@pytest.mark.skipif(
    sys.version_info < (3, 7) or sys.implementation.name != 'cpython',
    reason="needs mp_context; PyPy 3.9's breaks with these methods")
@each('method', ['spawn', 'forkserver'])
def test_other_processes_get_connections_and_work_of_a_pool(method, tmp_path):
    import multiprocessing
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip('there is no ' + method)
    path = str(tmp_path / 'program.py')
    write(path, SPAWNED.encode())
    with Script(*[stock] * 9) as script:
        out = subprocess.check_output(
            [sys.executable, '-W', 'error', path, script.endpoint, method],
            timeout=60)
    assert out.decode().split('\n') == [
        'here here here', 'NoSuchKey gone', 'here here here', 'e', '']


@needs_fork
def test_a_child_works_while_threads_of_the_parent_do(switching):
    stop = threading.Event()

    def work(number):
        while not stop.is_set():
            conn.head('k')
    with Script(*[stock] * 10 ** 5) as script:
        with pooled(script) as pool:
            conn = pool.connection
            with concurrent.futures.ThreadPoolExecutor(4) as threads:
                list(map(threads.submit, [work] * 4, range(4)))
                said = [in_a_child(lambda: conn.get('k').content == b'here'
                                   and pool.head('k').result(20).ok)
                        for _ in range(5)]
                stop.set()
            assert said == [True] * 5 and pool.head('k').result(20).ok


@needs_fork
def test_threads_of_a_child_share_what_it_begins_anew(switching):
    def work():
        said = crowd(lambda number: [conn.get('k').content == b'here'
                                     for _ in range(5)])
        assert not conn._transport._lock.locked()
        return all(map(all, said))
    with Script(*[stock] * 99) as script, scripted(script) as conn:
        assert conn.head('k').ok and in_a_child(work) and conn.head('k').ok


PICKLED = {
    'Connection': lambda conn: conn,
    'Pool': lambda conn: tinys3.Pool(ACCESS, SECRET, 'bucket', size=3),
    'MultipartUpload': lambda conn: tinys3.MultipartUpload(
        conn, 'bucket', 'k', 'id'),
    'Response': lambda conn: conn.get('k'),
    'Credentials': lambda conn: tinys3.Credentials(ACCESS, SECRET, 't', NOW)}
PICKLED.update((kind.__name__, functools.partial(
    lambda kind, conn: kind('no', 'GET', 'bucket', 'k'), kind))
    for kind in vars(tinys3).values()
    if isinstance(kind, type) and issubclass(kind, tinys3.S3Error))


def looks(thing):
    """Show a thing, the plain values inside, and its arguments."""
    return repr(thing), type(thing), sorted(
        (name, value) for name, value in vars(thing).items()
        if isinstance(value, (str, int, type(None)))
        and not name.startswith('_'))


@each('protocol', range(2, pickle.HIGHEST_PROTOCOL + 1))
@each('kind', sorted(PICKLED))
def test_what_pickles_comes_back_as_it_was(kind, protocol):
    with talk(stock) as (conn, _):
        before = PICKLED[kind](conn)
        after = pickle.loads(pickle.dumps(before, protocol))
    assert looks(before) == looks(after)


@each('kind', sorted(set(PICKLED) - {'Pool'}))
def test_what_pickles_copies_deeply(kind):
    with talk(stock) as (conn, _):
        before = PICKLED[kind](conn)
        assert looks(deepcopy(before)) == looks(before)


@each('kind', ['Connection', 'Pool', 'MultipartUpload'])
def test_no_lock_and_no_socket_is_in_a_pickle(kind):
    with talk(stock, stock) as (conn, _):
        conn.get('k')
        names = {argument for _, argument, _ in pickletools.genops(
            pickle.dumps(PICKLED[kind](conn), 2))
                 if isinstance(argument, str)}
    assert not [name for name in names if re.search(
        'lock|socket|_thread|_Transport|_Keys|_Crew|_Budget',
        name.replace('part_threads', ''))]


# -- interrupts, and the end of a program

BUSY = error_answer(503, 'SlowDown', headers={'Retry-After': '20'})
INTERRUPTED = {
    'get': 'conn.get("k")',
    'upload': 'conn.upload("k", b"x")',
    'parts': 'conn.upload("k", bytes(size))',
    'stream': 'conn.upload("k", iter([bytes(size)]))',
    'download': 'conn.download("k", "there")',
    'file': 'file = conn.open("k", "wb")\n'
            'with file: file.write(bytes(size))',
    'command': 'open("here", "wb").write(b"x")\n'
               'sys.exit(tinys3.main(["cp", "here", "s3://bucket/k"]))'}


def busy(parts):
    """Answer as a service that has no time for objects and their parts."""
    def reply(sock, asked):
        if asked.method == 'GET':
            sock.sendall(whole if 'range' not in asked.headers else BUSY)
        elif Parts._kind(asked) in ('put', 'part'):
            sock.sendall(BUSY)
        else:
            return parts(sock, asked)
        return True
    whole = BUSY if parts is None else answer(body=HUGE[:MORE], headers={
        'ETag': '"v1"', 'Accept-Ranges': 'bytes'})
    return reply


@pytest.mark.skipif(os.name == 'nt', reason='needs SIGINT')
@each('kind', sorted(INTERRUPTED))
def test_ctrl_c_ends_the_wait_for_the_next_attempt(kind, environment,
                                                   tmp_path):
    code = BEGIN + (
        'import logging\n'
        'logging.basicConfig(level=logging.WARNING)\n'
        'signal.signal(signal.SIGINT, signal.default_int_handler)\n'
        'size = %d\n'
        'try:\n    %s\n'
        'except KeyboardInterrupt:\n    sys.exit(130)'
        % (MORE, INTERRUPTED[kind].replace('\n', '\n    ')))
    parts = Parts()
    environment(ACCESS, SECRET)
    with Script(*[busy(None if kind == 'get' else parts)] * 20) as script:
        os.environ['AWS_ENDPOINT_URL'] = script.endpoint
        process = subprocess.Popen(
            [sys.executable, '-c', code, script.endpoint],
            stderr=subprocess.PIPE, cwd=str(tmp_path))
        with watched(process):
            assert b'the next in 20.00 s' in process.stderr.readline()
            threading.Event().wait(0.1)     # until it sleeps
            begun = time.monotonic()
            process.send_signal(signal.SIGINT)
            assert b'Traceback' not in process.communicate()[1]
    assert process.returncode == 130 and time.monotonic() - begun < 2
    assert len(parts.told['abort']) == len(parts.told['create'])
    assert set(os.listdir(str(tmp_path))) <= {'here'}


@contextlib.contextmanager
def watched(process):
    """End a process that hangs."""
    timer = threading.Timer(30, process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        process.stderr.close()


# What a program does last, and what the service has in the end.
ENDINGS = {
    'threads': ('for name in "ab":\n'
                '    threading.Thread(target=conn.upload,\n'
                '                     args=(name, bytes(size))).start()', 2),
    'pool': ('pool = tinys3.Pool(**conn._arguments)\n'
             'futures = [pool.upload(name, bytes(size)) for name in "ab"]', 2),
    'pool of one': ('pool = tinys3.Pool(size=1, **conn._arguments)\n'
                    'for name in "ab": pool.upload(name, bytes(size))', 2),
    'atexit': ('atexit.register(conn.upload, "k", bytes(size))', 1),
    'stream at exit': ('atexit.register(conn.upload, "k", '
                       'iter([bytes(size)]))', 1),
    'file at exit': ('def late():\n'
                     '    with conn.open("k", "wb") as file:\n'
                     '        file.write(bytes(size))\n'
                     'atexit.register(late)', 1),
    'thread and exit': ('threading.Thread(target=conn.upload,\n'
                        '    args=("k", bytes(size))).start()\n'
                        'sys.exit(3)', 1),
    'half a stream': ('conn.upload("k", bytes(size))\n'
                      'conn.head("k")', 1)}


@each('options', [(), ('-O',), ('-W', 'error'), ('-X', 'dev')],
      ids=' '.join)
@each('kind', sorted(ENDINGS))
def test_what_was_begun_is_finished_when_the_program_ends(kind, options):
    code, count = ENDINGS[kind]
    parts = Parts()
    with Script(*[parts] * 40) as script:
        done = program('%ssize = %d\n%s' % (BEGIN, MORE, code), script,
                       *options)
    assert (done.returncode, done.stderr) == (3 * ('exit(3)' in code), b'')
    assert len(parts.told['complete']) == count
    assert not parts.told['abort']


@each('code', ['conn.upload("k", bytes(size))', 'conn.get("k")'])
def test_a_daemon_thread_does_not_hold_up_the_end(code, tmp_path):
    gate, heard = threading.Event(), tmp_path / 'heard'

    def hold(sock, asked):
        heard.write_bytes(b'')
        gate.wait(30)
        return False
    with Script(*[hold] * 9) as script:
        done = program(BEGIN + (
            'def work():\n    %s\n'
            'size = %d\n'
            'threading.Thread(target=work, daemon=True).start()\n'
            'import os\n'
            'while not os.path.exists(%r):\n    time.sleep(0.02)\n'
            % (code, MORE, str(heard))), script)
        gate.set()
    assert (done.returncode, done.stderr) == (0, b'')
    assert len(script.requests) == 1


# -- copies

def put_copies(folder, *names):
    """Put a copy of the module at each of some places, in packages."""
    for name in names:
        path = os.path.join(str(folder), *name.split('.')) + '.py'
        os.makedirs(os.path.dirname(path), exist_ok=True)
        shutil.copy(tinys3.__file__, path)
        for parent in name.split('.')[:-1]:
            write(os.path.join(str(folder), parent, '__init__.py'), b'')


COPIES = """
import importlib.util, logging, pickle, sys
sys.path.insert(0, sys.argv[2])
from a import tinys3 as a
from b import tinys3 as b
spec = importlib.util.spec_from_file_location('other_name', sys.argv[3])
other = sys.modules['other_name'] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(other)
logging.basicConfig(format='%(name)s', level=logging.DEBUG,
                    stream=sys.stdout)
for module in a, b, other:
    conn = module.Connection('A', 's', 'bucket', endpoint=sys.argv[1],
                             region='us-east-1')
    assert conn.head('k').ok
    try:
        conn.get('gone')
    except (set((a, b, other)) - {module}).pop().S3Error:
        raise AssertionError('the error of another copy')
    except module.NotFound as error:
        for thing in error, conn, conn.head('k'), module.Pool('A', 's'):
            again = pickle.loads(pickle.dumps(thing))
            assert type(again) is type(thing)
            assert type(again).__module__ == module.__name__
    conn.close()
"""


def test_copies_of_the_module_do_not_meet(tmp_path):
    put_copies(tmp_path, 'a.tinys3', 'b.tinys3')
    with Script(*[stock] * 99, secret='s') as script:
        out = subprocess.check_output(
            [sys.executable, '-W', 'error', '-c', COPIES, script.endpoint,
             str(tmp_path), tinys3.__file__], timeout=60)
    assert out.decode().split() == (
        ['a.tinys3'] * 3 + ['b.tinys3'] * 3 + ['other_name'] * 3)


@pytest.fixture
def zipped(tmp_path):
    """Return a zip file with the module in it."""
    path = str(tmp_path / 'modules.zip')
    with zipfile.ZipFile(path, 'w') as file:
        file.write(tinys3.__file__, 'tinys3.py')
    return path


def test_the_module_works_out_of_a_zip_file(zipped):
    code = BEGIN.replace(os.path.dirname(os.path.abspath(tinys3.__file__)),
                         zipped) + (
        'assert conn.get("k").text == "here"\n'
        'conn.upload("k", b"x")\n'
        'sys.stdout.write(tinys3.__file__)\n')
    with Script(*[stock] * 9) as script:
        done = program(code, script, '-W', 'error')
    assert (done.stdout.decode(), done.stderr) == (
        os.path.join(zipped, 'tinys3.py'), b'')


@each('how', [['-m', 'tinys3'], ['-O', '-m', 'tinys3'],
              ['-OO', '-m', 'tinys3'], ['-I', 'tinys3.py'],
              ['-X', 'dev', '-W', 'error', '-m', 'tinys3']], ids=' '.join)
def test_the_command_line_starts_however_it_is_called(
        how, environment, tmp_path):
    put_copies(tmp_path, 'tinys3')
    environment(ACCESS, SECRET)
    with Script(stock) as script:
        out = subprocess.check_output(
            [sys.executable] + how + ['cp', 's3://bucket/k', '-',
                                      '--endpoint-url', script.endpoint],
            cwd=str(tmp_path), timeout=60)
    assert out == b'here'


# What a module could change for all others, and must not.
GLOBALS = """
import gc, http.client, io, locale, logging, mimetypes, os, signal, socket
import ssl, sys, threading, urllib.request, warnings, xml.parsers.expat

def state():
    return [
        http.client._MAXHEADERS, http.client._MAXLINE, dict(os.environ),
        http.client.HTTPConnection.debuglevel, socket.getdefaulttimeout(),
        mimetypes.inited, mimetypes._db, logging.root.handlers[:],
        logging.root.level, list(warnings.filters), sys.excepthook,
        list(map(signal.getsignal, (signal.SIGINT, signal.SIGTERM))),
        ssl._create_default_https_context, urllib.request._opener,
        sys.getswitchinterval(), sys.getrecursionlimit(), os.getcwd(),
        threading.stack_size(), locale.setlocale(locale.LC_ALL),
        gc.isenabled(), sys.path[:], sys.stdout,
        sys.gettrace(),
        {name: vars(module).copy() for name, module in (
            ('http.client', http.client), ('socket', socket), ('ssl', ssl))}]

sys.path.insert(0, sys.argv[2])
before = state()
import tinys3
conn = tinys3.Connection('A', 's', 'bucket', endpoint=sys.argv[1],
                         region='us-east-1')
conn.upload('k.html', b'x')
conn.get('k', stream=True).close()
with tinys3.Pool(executor=None, **conn._arguments) as pool:
    pool.head('k').result()
with conn.open('k', 'w') as file:
    file.write('x')
conn.presign('k')
conn.close()
after = state()
assert before == after, [pair for pair in zip(before, after)
                         if pair[0] != pair[1]]
assert threading.active_count() == 1
"""


def test_nothing_of_other_modules_is_changed():
    with Script(*[stock] * 9, secret='s') as script:
        subprocess.check_call(
            [sys.executable, '-c', GLOBALS, script.endpoint,
             os.path.dirname(os.path.abspath(tinys3.__file__))], timeout=60)


# -- names that become local files

@each('name', [
    '', '.', '..', '/', '/etc/passwd', '../x', 'a/../x', 'a/..', 'a//x', 'a/',
    './x', 'a/./x', '//host/share', 'a\0', 'a\0/x'])
@each('windows', [False, True])
def test_a_name_that_leaves_its_folder_is_refused(name, windows):
    with pytest.raises(ValueError, match='no name'):
        tinys3._local_name(name, windows)


@each('name', [
    'C:', 'C:x', 'C:\\x', '\\x', '..\\x', 'a\\..\\..\\x', '\\\\host\\share',
    '\\\\?\\C:\\x', 'a/C:/x', 'x:stream', 'x::$DATA', 'CON', 'con', 'a/Nul',
    'nul.txt', 'aux.tar.gz', 'NUL .txt', 'COM1', 'com\xb9', 'LPT9.x', 'CONIN$',
    'prn/x', 'a.', 'a ', '...', ' ', 'a./x', 'a /x', 'a\tb', 'a\nb', 'a*',
    'a?', 'a"', 'a|b', '<a>'])
def test_a_name_that_windows_takes_for_another_is_refused_there(name):
    with pytest.raises(ValueError, match='no name'):
        tinys3._local_name(name, True)
    assert tinys3._local_name(name, False) == name.replace('/', os.sep)


@each('name', ['a', 'a/b.txt', '..a', 'a..b', '.a', 'console', 'com', 'com10',
               'nul_', 'null', 'x.nul', ' a', 'a b', '~', '-', '$HOME', '%x%',
               '\u4e2d/\U0001f600', 'a\x7f'])
@each('windows', [False, True])
def test_an_ordinary_name_stays_as_it_is(name, windows):
    assert tinys3._local_name(name, windows) == name.replace('/', os.sep)


@each('key', ['..', 'a/..', 'a/', 'a/.', '.', 'a%00b'])
def test_cp_into_a_folder_writes_nowhere_else(
        key, environment, capsys, tmp_path):
    environment(ACCESS, SECRET)
    (tmp_path / 'there').mkdir()
    with Script() as script:
        assert tinys3.main([
            'cp', 's3://bucket/' + key.replace('%00', '\0'),
            str(tmp_path / 'there'), '--endpoint-url', script.endpoint]) == 2
    assert re.search('is no name for a file here|is a folder',
                     capsys.readouterr().err)
    assert os.listdir(str(tmp_path)) == ['there'] and not script.requests


@pytest.mark.skipif(os.name == 'nt', reason='needs links')
@each('key, name', [('../../x', 'x'), ('/etc/x', 'x'), ('C:\\x', 'C:\\x'),
                    ('..\\x', '..\\x'), ('a:b', 'a:b')])
def test_cp_goes_through_a_link_to_a_folder(key, name, environment, tmp_path):
    environment(ACCESS, SECRET)
    (tmp_path / 'real').mkdir()
    (tmp_path / 'link').symlink_to(tmp_path / 'real')
    with Script(stock, stock) as script:
        assert tinys3.main([
            'cp', 's3://bucket/' + key, str(tmp_path / 'link') + '/',
            '--endpoint-url', script.endpoint]) == 0
    assert (tmp_path / 'real' / name).read_bytes() == b'here'


# -- secrets

def caused_by(cause):
    error = tinys3.TransportError('no')
    error.__cause__ = cause
    return error


def kept(headers, content):
    response = tinys3.Response(400, '', headers, None)
    response._keep(content)
    return response


WORD = 'hunter%d' % 2       # so that no line of a source has it


@pytest.mark.skipif(sys.implementation.name != 'cpython',
                    reason='PyPy calls no __del__ that comes later')
@each('make', [
    lambda: tinys3.S3Error(WORD), lambda: tinys3.NotFound('', 'GET', WORD),
    lambda: tinys3.ResponseError(host_id=WORD),
    lambda: tinys3.BatchError(errors={'k': tinys3.S3Error(WORD)}),
    lambda: caused_by(tinys3.S3Error(WORD)),
    lambda: tinys3.ResponseError(response=kept({'X-Header': WORD}, b'')),
    lambda: tinys3.ResponseError(response=kept({}, WORD.encode())),
    lambda: tinys3.Response(200, '', {}, None, 'http://%s@h/' % WORD)])
def test_a_leak_in_an_error_would_be_found(make, leaks):
    with contextlib.suppress(tinys3.S3Error):
        made = make()
        if isinstance(made, tinys3.S3Error):
            raise made
    del made
    assert leaks.found and WORD in leaks.found[0]
    del leaks.found[:]


@each('level', ['debug', 'warning'])
def test_a_leak_in_the_log_would_be_found(level, leaks):
    getattr(tinys3._logger(), level)('a line with %s', WORD)
    assert leaks.found and WORD in leaks.found[0]
    del leaks.found[:]


def test_much_was_looked_at_for_secrets(leaks):
    with talk(error_answer(404, 'NoSuchKey'), answer()) as (conn, _):
        with contextlib.suppress(tinys3.NotFound):
            conn.get('k')
        conn.head('k')
    with in_parts() as (conn, parts), pytest.warns(ResourceWarning):
        file = conn.open('k', 'wb')
        file.write(b'data')
        del file
        collect()
    assert tinys3.main(['ls', 'nowhere']) == 2
    kinds = {'a log line', 'a warning', 'a printed line'}
    if sys.implementation.name == 'cpython':    # PyPy frees when it likes
        kinds |= {'an error', 'a response'}
    assert set(leaks.seen) == kinds


@each('say', [lambda: warnings.warn('hunter2', stacklevel=2),
              lambda: tinys3._say('-> hunter2'),
              lambda: tinys3._logger().debug('%s', 'hunter2')],
      ids=['a warning', 'a printed line', 'a log line'])
def test_the_watcher_sees(say, leaks):
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        say()
    assert len(leaks.found) == 1
    del leaks.found[:]


# ---------------------------------------------------------------------------
# The promises
# ---------------------------------------------------------------------------

def source():
    with io.open(tinys3.__file__, encoding='utf-8') as file:
        return file.read()


TREE = ast.parse(source())


def definitions():
    return [node for node in ast.walk(TREE)
            if isinstance(node, ast.FunctionDef)]


def test_all_names_every_public_thing():
    public = [node.name for node in TREE.body
              if isinstance(node, (ast.FunctionDef, ast.ClassDef))
              and not node.name.startswith('_')]
    assert sorted(public + ['Conn']) == sorted(tinys3.__all__)
    assert all(hasattr(tinys3, name) for name in tinys3.__all__)


def test_every_public_thing_is_documented():
    classes = [node for node in TREE.body if isinstance(node, ast.ClassDef)]
    bare = [node.name for parent in classes + [TREE]
            for node in parent.body
            if isinstance(node, (ast.FunctionDef, ast.ClassDef))
            and not node.name.startswith('_')
            and not ast.get_docstring(node)]
    assert bare == []
    assert tinys3.Pool.presign.__doc__ == tinys3.Connection.presign.__doc__


def test_operations_end_with_an_example():
    conn = next(node for node in TREE.body
                if getattr(node, 'name', '') == 'Connection')
    bare = [node.name for node in conn.body
            if isinstance(node, ast.FunctionDef)
            and not node.name.startswith('_') and node.name != 'close'
            and not re.search(r'\n\n {12}\S.*\s+$', ast.get_docstring(
                node, clean=False), re.S)]
    assert bare == []


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.split('.')[0]
        elif isinstance(node, ast.ImportFrom):
            yield node.module.split('.')[0]


@pytest.mark.skipif(sys.version_info < (3, 10),
                    reason='needs sys.stdlib_module_names')
def test_only_the_standard_library_is_imported():
    foreign = set(imports(TREE)) - set(sys.stdlib_module_names)
    assert foreign == {'moto'}          # by `doctor --local` alone


def names_in(node):
    """Yield the names that a definition uses, annotations and all."""
    for child in ast.walk(node):
        if isinstance(child, ast.Name):
            yield child.id


def test_no_downward_links():
    """Each function and class names only what is above it."""
    at = {}
    for number, node in enumerate(TREE.body):
        for name in ([node.name] if hasattr(node, 'name') else [
                target.id for target in getattr(
                    node, 'targets', [getattr(node, 'target', None)])
                if isinstance(target, ast.Name)]):
            at[name] = number
    down = sorted({
        (node.name, name) for number, node in enumerate(TREE.body)
        if hasattr(node, 'name') for name in names_in(node)
        if at.get(name, -1) > number})
    assert down == []


def test_functions_are_short():
    def length(node):
        doc = node.body[0] if ast.get_docstring(node) else None
        last = max(getattr(child, 'lineno', 0) for child in ast.walk(node))
        if doc is None or len(node.body) == 1:
            return last - node.lineno + 1
        first = min(child.lineno for child in node.body[1:])
        return last - first + 1
    assert [node.name for node in definitions() if length(node) > 45] == []


def test_lines_have_79_columns():
    long = [number for number, line in enumerate(source().split('\n'), 1)
            if len(line) > 79]
    assert long == []


def test_pool_has_every_operation_with_the_same_signature():
    local = {'close'}
    for name, made in vars(tinys3.Connection).items():
        if name.startswith('_') or name in local:
            continue
        if inspect.isfunction(made):
            assert (inspect.signature(getattr(tinys3.Pool, name))
                    == inspect.signature(made)), name


def test_pool_takes_what_connection_takes():
    mine = inspect.signature(tinys3.Pool.__init__).parameters
    theirs = inspect.signature(tinys3.Connection.__init__).parameters
    assert [name for name in mine if name not in ('size', 'executor')
            ] == list(theirs)
    assert all(mine[name].default == theirs[name].default for name in theirs)


def test_positional_order_is_that_of_2013():
    def order(made):
        return [name for name, each in
                inspect.signature(made).parameters.items()
                if each.kind == each.POSITIONAL_OR_KEYWORD][1:]
    conn = tinys3.Connection
    assert order(conn.__init__) == [
        'access_key', 'secret_key', 'default_bucket', 'tls', 'endpoint']
    assert order(tinys3.Pool.__init__) == order(conn.__init__) + ['size']
    assert order(conn.upload) == [
        'key', 'local_file', 'bucket', 'expires', 'content_type', 'public',
        'headers', 'rewind', 'close']
    assert order(conn.copy) == [
        'from_key', 'from_bucket', 'to_key', 'to_bucket', 'metadata',
        'public']
    assert order(conn.update_metadata) == [
        'key', 'metadata', 'bucket', 'public']


def test_what_a_supported_python_lacks_is_not_used():
    if sys.version_info >= (3, 8):
        ast.parse(source(), feature_version=(3, 7))
    found = re.findall(
        r'utcnow|utcfromtimestamp|ssl\.wrap_socket|match_hostname|key_file|'
        r'guess_file_type|import cgi|removeprefix|removesuffix|fromisoformat|'
        r'import annotations|cancel_futures|register_at_fork', source())
    assert found == []


def test_two_copies_in_a_process_keep_apart(caplog):
    spec = importlib.util.spec_from_file_location(
        'vendor.tinys3', tinys3.__file__)
    other = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(other)
    for module in tinys3, other:
        module.Credentials(' A', 's')
    assert [each_.name for each_ in caplog.records] == [
        'tinys3', 'vendor.tinys3']
    assert not issubclass(other.S3Error, tinys3.S3Error)
    assert http.client._MAXHEADERS == 100


@pytest.mark.skipif(sys.implementation.name != 'cpython',
                    reason="PyPy's own modules import some of these")
def test_import_leaves_the_expensive_alone():
    code = ('import sys; before = set(sys.modules); import tinys3; '
            'print(*sorted(set(sys.modules) - before))')
    out = subprocess.check_output(
        [sys.executable, '-S', '-c', code],
        cwd=os.path.dirname(tinys3.__file__)).decode().split()
    assert not {'http.client', 'ssl', 'typing', 'logging', 'argparse',
                'datetime', 'json', 'xml', 'email', 'concurrent.futures',
                'mimetypes', 'random', 'tempfile', 'urllib.parse',
                'socket'} & set(out)


def test_version_is_the_same_everywhere():
    changelog = os.path.join(HERE, 'CHANGELOG.md')
    if not os.path.exists(changelog):
        pytest.skip('only in a checkout')
    with io.open(changelog, encoding='utf-8') as file:
        newest = re.search(r'^## (\S+) \(\d{4}-\d\d-\d\d\)$', file.read(),
                           re.M).group(1)
    assert newest == tinys3.__version__


# A user's program, of every operation: what its types are in the eyes of a
# checker, and so of an editor. Each line marked as wrong must be an error.
USERS_PROGRAM = """\
# pyright: strict
import datetime
from concurrent.futures import Future, ThreadPoolExecutor
from typing import IO, Any, Dict, Iterator, List, Optional, assert_type

import tinys3
from tinys3 import MultipartUpload, Response, Summary


def connection(conn: tinys3.Connection, path: str) -> None:
    assert_type(conn.upload('k', b'x', 'b', 3600, metadata={'a': 'b'}),
                Response)
    assert_type(conn.get('k', byte_range=(0, None), stream=True), Response)
    assert_type(conn.download('k', path, progress=print), Response)
    assert_type(conn.open('k', 'w', encoding='utf-8'), IO[Any])
    assert_type(conn.list('p', delimiter='/'), Iterator[Dict[str, Any]])
    assert_type(conn.list_versions('p'), Iterator[Dict[str, Any]])
    assert_type(conn.copy('k', 'b', 'to', metadata={'a': None}), Response)
    assert_type(conn.update_metadata('k', public=False), Response)
    assert_type(conn.delete('k', version_id='v'), Response)
    assert_type(conn.delete_many(['k']), int)
    assert_type(conn.head('k'), Response)
    assert_type(conn.head_object('k'), Response)
    assert_type(conn.exists('k'), bool)
    assert_type(conn.presign('k', expires=datetime.timedelta(1)), str)
    assert_type(conn.presign_post('k', max_size=9), Dict[str, Any])
    assert_type(conn.upload_dir(path, exclude=['*.tmp']), Summary)
    assert_type(conn.download_dir('p', path, dry_run=True), Summary)
    assert_type(conn.list_buckets(), List[Dict[str, Any]])
    assert_type(conn.create_bucket('b'), Response)
    assert_type(conn.delete_bucket(), Response)
    assert_type(conn.head_bucket(), Response)
    assert_type(conn.initiate_multipart_upload('k'), MultipartUpload)
    assert_type(conn.list_multipart_uploads(), Iterator[MultipartUpload])
    assert_type(conn.get_all_multipart_uploads(), List[MultipartUpload])
    assert_type(conn.request('GET', query={'acl': ''}), Response)
    conn.upload('k')                            # wrong
    conn.get('k', rewind=True)                  # wrong
    conn.exists(3)                              # wrong
    conn.delete('k').result()                   # wrong


def pool(pool: tinys3.Pool, path: str) -> None:
    assert_type(pool.upload('k', b'x', 'b', 3600, metadata={'a': 'b'}),
                'Future[Response]')
    assert_type(pool.get('k', byte_range=(0, None)), 'Future[Response]')
    assert_type(pool.download('k', path), 'Future[Response]')
    assert_type(pool.open('k', 'w', encoding='utf-8'), IO[Any])
    assert_type(pool.list('p'), 'Future[List[Dict[str, Any]]]')
    assert_type(pool.list_versions('p'), 'Future[List[Dict[str, Any]]]')
    assert_type(pool.copy('k', 'b', 'to'), 'Future[Response]')
    assert_type(pool.update_metadata('k', public=False), 'Future[Response]')
    assert_type(pool.delete('k', version_id='v'), 'Future[Response]')
    assert_type(pool.delete_many(['k']), 'Future[int]')
    assert_type(pool.head('k'), 'Future[Response]')
    assert_type(pool.head_object('k'), 'Future[Response]')
    assert_type(pool.exists('k'), 'Future[bool]')
    assert_type(pool.presign('k', expires=60), str)
    assert_type(pool.presign_post('k', max_size=9), Dict[str, Any])
    assert_type(pool.upload_dir(path), 'Future[Summary]')
    assert_type(pool.download_dir('p', path), 'Future[Summary]')
    assert_type(pool.list_buckets(), 'Future[List[Dict[str, Any]]]')
    assert_type(pool.create_bucket('b'), 'Future[Response]')
    assert_type(pool.delete_bucket(), 'Future[Response]')
    assert_type(pool.head_bucket(), 'Future[Response]')
    assert_type(pool.initiate_multipart_upload('k'),
                'Future[MultipartUpload]')
    assert_type(pool.list_multipart_uploads(),
                'Future[List[MultipartUpload]]')
    assert_type(pool.get_all_multipart_uploads(),
                'Future[List[MultipartUpload]]')
    assert_type(pool.request('GET', query={'acl': ''}), 'Future[Response]')
    assert_type(pool.all_completed([pool.exists('k')]), List[bool])
    assert_type(pool.as_completed(pool.get(k) for k in 'ab'),
                Iterator[Response])
    assert_type(pool.default_bucket, Optional[str])
    pool.upload('k')                            # wrong
    pool.get('k', rewind=True)                  # wrong
    pool.exists(3)                              # wrong
    pool.delete('k').status_code                # wrong


def objects(response: Response, mp: MultipartUpload) -> None:
    assert_type(response.status_code, int)
    assert_type(response.reason, str)
    assert_type(response.ok, bool)
    assert_type(response.headers['ETag'], str)
    assert_type(response.url, str)
    assert_type(response.content, bytes)
    assert_type(response.text, str)
    assert_type(response.json(), Any)
    assert_type(response.encoding, Optional[str])
    assert_type(response.elapsed, datetime.timedelta)
    assert_type(response.etag, Optional[str])
    assert_type(response.metadata, Dict[str, str])
    assert_type(response.version_id, Optional[str])
    assert_type(response.request_id, Optional[str])
    assert_type(response.key, Optional[str])
    assert_type(response.bucket, Optional[str])
    with response as same:
        assert_type(same.read(3), bytes)
        assert_type(same.iter_content(9), Iterator[bytes])
    with open('part', 'rb') as part:
        mp.upload_part_from_file(part, 1, rewind=False)
    assert_type(mp.list_parts(), Iterator[Dict[str, Any]])
    assert_type(mp.number_of_parts(), int)
    assert_type(mp.complete_upload(), Response)
    assert_type(mp.cancel_upload(), Response)
    assert_type(mp.uploadId, Optional[str])


def main() -> int:
    keys = tinys3.Credentials('access', 'secret', expires_at=1e9)
    tinys3.sign('GET', 'https://h/', None, 'hash', keys, 'r', now=0.0)
    assert_type(tinys3.presign_url('GET', 'https://h/', keys, 'r', 60), str)
    with tinys3.Connection(
            'access', 'secret', 'b', tls=False, endpoint='localhost:9000',
            retry=tinys3.Retry(attempts=3), timeout=(5, 60),
            credentials=lambda: keys, headers={'a': 'b'}) as conn:
        connection(conn, 'path')
        objects(conn.get('k'), tinys3.MultipartUpload(conn, 'b', 'k', 'id'))
        summary = conn.upload_dir('folder')
        assert_type(summary.transferred, int)
        for name, error in summary.failed:
            print(name.upper(), error.args)
    with ThreadPoolExecutor() as executor, tinys3.Pool(
            'access', 'secret', size=9, executor=executor) as many:
        pool(many, 'path')
    try:
        tinys3.Conn().delete_many(['k'])
    except tinys3.BatchError as error:
        assert_type(error.deleted, List[str])
        assert_type(error.errors, Dict[str, tinys3.S3Error])
    except tinys3.NotFound as error:
        assert_type(error.status_code, int)
        assert_type(error.response, Optional[Response])
    tinys3.Connection(part_size='8')            # wrong
    return tinys3.main(['ls'])
"""
OUR_HOME = os.path.expanduser('~')      # where pyright keeps itself


def test_the_program_uses_every_operation():
    operations = {name for name, made in vars(tinys3.Connection).items()
                  if inspect.isfunction(made) and name[0] != '_'} - {'close'}
    for made in 'conn', 'pool':
        used = re.findall(r'assert_type\(%s\.(\w+)\(' % made, USERS_PROGRAM)
        assert operations - set(used) == set(), made


def told_by(checker, folder, *names):
    """Run a type checker over files; return the (file, line) of what it
    calls an error, and all that it said."""
    path = os.pathsep.join([os.path.dirname(sys.executable),
                            os.environ.get('PATH', os.defpath)])
    command = [shutil.which(checker, path=path) or checker]
    settings = {
        'mypy': ['--strict', '--cache-dir', os.devnull,
                 '--python-version', '3.12'],
        'pyright': ['--pythonversion', '3.12']}[checker]
    run = functools.partial(
        subprocess.run, cwd=folder, env=dict(os.environ, HOME=OUR_HOME),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
    try:
        run(command + ['--version']).check_returncode()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip('%s is not installed' % checker)
    said = run(command + settings + list(names)).stdout.decode()
    assert re.search(r'^(Success|Found|\d+ errors?,)', said, re.M), said
    return {(name, int(line)) for name, line in re.findall(
        r'(\w+\.py):(\d+):.*?\berror\b', said)}, said


newer_checkers = pytest.mark.skipif(
    sys.version_info < (3, 9), reason='the checkers for it know less')


@newer_checkers
@each('checker', ['mypy', 'pyright'])
def test_types_of_the_module(checker, tmp_path):
    shutil.copy(tinys3.__file__, str(tmp_path))
    errors, said = told_by(checker, str(tmp_path), 'tinys3.py')
    assert errors == set(), said


@newer_checkers
@each('checker', ['mypy', 'pyright'])
def test_types_of_a_users_program(checker, tmp_path):
    shutil.copy(tinys3.__file__, str(tmp_path))
    (tmp_path / 'program.py').write_text(USERS_PROGRAM)
    errors, said = told_by(checker, str(tmp_path), 'program.py')
    assert errors == {
        ('program.py', number) for number, line in enumerate(
            USERS_PROGRAM.splitlines(), 1) if line.endswith('# wrong')}, said


def examples(node=TREE, name=''):
    """Yield the names of all that is public, and the example of each: what
    is indented by four in its docstring, '' if it has none."""
    margin = getattr(node, 'col_offset', -4) + 4
    doc = ast.get_docstring(node, clean=False) or ''
    lines = [line[margin + 4:] for line in doc.split('\n')[1:]
             if not line[:margin + 4].strip()]
    yield name, '\n'.join(lines).strip()
    for child in getattr(node, 'body', ()) if name != 'main' else ():
        if isinstance(child, (ast.ClassDef, ast.FunctionDef)) and (
                child.name[0] != '_'):
            yield from examples(child, (name + '.' + child.name).lstrip('.'))


EXAMPLES = {name: code for name, code in examples()
            if re.search(r'^\S', code, re.M)}


def test_every_public_thing_is_in_an_example():
    shown = set(EXAMPLES) | set(re.findall(
        r'\btinys3\.(\w+)', '\n'.join(EXAMPLES.values())))
    assert set(tinys3.__all__) - shown == {'Conn'}      # the other name
    for made in tinys3.Connection, tinys3.MultipartUpload:
        calls = {'%s.%s' % (made.__name__, name)
                 for name, call in vars(made).items()
                 if inspect.isfunction(call) and name[0] != '_'}
        assert calls - set(EXAMPLES) <= {
            'Connection.close', 'Connection.head_object',
            'MultipartUpload.number_of_parts'}
    assert {'', 'Pool.as_completed', 'Pool.all_completed'} <= set(EXAMPLES)


@pytest.fixture
def photographer(shell, server, bucket):
    """Have what the examples take for granted, in their bucket; return its
    name and the names that they use."""
    needs(server, 'object headers', 'storage class', 'versions')
    for name in 'site', 'in':
        os.mkdir(name)
    for name in 'cat.jpg', 'index.html', 'film.mp4', 'site/index.html':
        write(name, name.encode())
    with connect(server, default_bucket=bucket) as conn, tinys3.Pool(
            server.access, server.secret, bucket) as pool, io.BytesIO(
                bytes(PART + 8 * 1024 ** 2)) as film:
        for key in '2013/cat.jpg', 'a.jpg', 'a.css', 'report.pdf':
            conn.upload(key, key.encode())
        conn.upload('big.log', bytes(200))
        conn.upload('settings.json', b'{"answer": 42}')
        mp = conn.initiate_multipart_upload('in/parts')
        mp.upload_part_from_file(film, 1, PART)
        names = {'conn': conn, 'pool': pool, 'film': film, 'mp': mp,
                 'access': server.access, 'secret': server.secret,
                 'token': None, 'names': ['cat.jpg'], 'keys': ['a.jpg'],
                 'rows': [['name', 'size']], 'out': io.BytesIO(),
                 'credentials': tinys3.Credentials(ACCESS, SECRET),
                 'tinys3': tinys3, 'csv': csv, 'hashlib': hashlib,
                 'time': time}
        names.update(ACCESS=server.access, ACCESS_KEY=server.access,
                     SECRET=server.secret, SECRET_KEY=server.secret)
        yield bucket, names
        for each_one in names.values():
            if isinstance(each_one, (tinys3.Connection, tinys3.Response)):
                each_one.close()
        for left in conn.list_multipart_uploads():
            left.cancel_upload()


def urlopened(url):
    with contextlib.closing(raw_get(url)) as found:
        return found.read()


# What an example leaves, by which it is seen that it did its work.
LEFT = {
    '': lambda names, conn: conn.exists('cat.jpg'),
    'S3Error': lambda names, conn: conn.get('lock').content == b'',
    'Response': lambda names, conn: names['settings'] == {'answer': 42},
    'Response.read': lambda names, conn: names['head'] == bytes(100),
    'Response.iter_content': lambda names, conn: (
        names['out'].getvalue() == bytes(200)),
    'Summary': lambda names, conn: names['summary'][:1] == (1,),
    'MultipartUpload': lambda names, conn: (
        conn.get('film.mp4').content == b'film.mp4'),
    'MultipartUpload.upload_part_from_file': lambda names, conn: (
        names['mp'].number_of_parts() == 2),
    'MultipartUpload.list_parts': lambda names, conn: names['done'] == PART,
    'Connection.upload': lambda names, conn: (
        conn.get('site/index.html').content == b'index.html'),
    'Connection.get': lambda names, conn: names['first'] == bytes(100),
    'Connection.download': lambda names, conn: (
        read('cat.jpg') == b'2013/cat.jpg'),
    'Connection.open': lambda names, conn: (
        conn.get('table.csv').text == 'name,size\r\n'),
    'Connection.upload_dir': lambda names, conn: (
        conn.exists('www/index.html')),
    'Connection.download_dir': lambda names, conn: os.listdir('site') == [],
    'Connection.head': lambda names, conn: names['size'] == 200,
    'Connection.list': lambda names, conn: names['total'] == 0,
    'Connection.copy': lambda names, conn: conn.exists('b.jpg'),
    'Connection.update_metadata': lambda names, conn: (
        conn.head('a.css').headers['cache-control'] == 'no-cache'),
    'Connection.list_multipart_uploads': lambda names, conn: (
        conn.get_all_multipart_uploads(prefix='tmp/') == []),
    'Connection.get_all_multipart_uploads': lambda names, conn: (
        [each_.key for each_ in names['uploads']] == ['in/parts']),
    'Connection.presign': lambda names, conn: (
        urlopened(names['url']) == b'report.pdf'),
    'Connection.request': lambda names, conn: 'Tagging' in names['tags'],
    'Connection.list_buckets': lambda names, conn: (
        conn.default_bucket in names['names']),
    'Connection.create_bucket': lambda names, conn: (
        conn.delete_bucket(conn.default_bucket + '-2')),
    'Pool.all_completed': lambda names, conn: not conn.exists('a.jpg'),
}


@each('name', sorted(EXAMPLES))
def test_example_of_a_docstring(photographer, name):
    bucket, names = photographer
    conn = names['conn']
    if name.endswith('e_bucket'):
        bucket += '-2'
        if name.endswith('delete_bucket'):
            conn.create_bucket(bucket)
    code = re.sub(r"(?<=['/])(photos|archive)(?=['/])", bucket,
                  EXAMPLES[name])
    exec(compile(code, name or 'tinys3', 'exec'), names)
    assert LEFT.get(name, lambda names, conn: True)(names, conn)


# What users of S3, of its look-alikes and of other clients stumbled over: the
# tests that would, or why there is none ("not: ").
PITFALLS = {
    # addresses, regions, endpoints
    'A1':
        'test_another_host_gets_the_bucket_in_its_path '
        'test_a_scheme_wins_over_tls test_a_bad_option_is_refused_at_once '
        'test_an_ipv6_host_has_brackets',
    'A2':
        'test_a_bucket_goes_where_it_fits '
        'test_a_host_of_aws_gets_the_bucket_in_front '
        'test_another_host_gets_the_bucket_in_its_path',
    'A3': 'test_a_bucket_goes_where_it_fits',
    'A4': 'test_a_bad_call_is_refused_before_anything_is_sent',
    'A5': 'test_a_host_of_aws_gets_the_bucket_in_front',
    'A6':
        'test_a_bucket_elsewhere_is_asked_in_its_region '
        'test_a_head_without_body_tells_the_region_by_a_header '
        'test_where_the_answer_names_no_region_the_bucket_is_asked '
        'test_two_regions_that_send_us_to_each_other_do_not_loop '
        'test_the_region_of_a_bucket_is_remembered '
        'test_the_detour_is_told_once '
        'test_a_bucket_is_not_created_elsewhere_than_said',
    'A7':
        'test_no_other_region_is_gone_to_and_the_error_names_it '
        'test_another_host_is_not_followed_and_the_error_names_it',
    'A8':
        'test_a_body_goes_whole_to_the_other_region '
        'test_an_upload_in_parts_goes_to_the_other_region '
        'test_a_region_is_in_its_partition',
    'A9':
        'test_a_custom_endpoint_may_state_the_region '
        'test_a_custom_endpoint_that_states_no_region_is_not_asked '
        'test_another_host_gets_the_bucket_in_its_path',
    'A10':
        'test_a_region_is_in_its_partition '
        'test_hosts_of_aws_have_what_is_switched_on '
        'test_acceleration_does_not_go_with_everything',
    'A11':
        'test_an_access_point_has_a_host_of_its_own '
        'test_an_access_point_is_asked_in_its_region '
        'test_an_access_point_stays_in_the_region_of_its_arn '
        'test_what_is_not_supported_is_refused_by_name '
        'test_a_bucket_goes_where_it_fits',
    'A12':
        'test_what_is_not_supported_is_refused_by_name '
        'not: sessions: directory buckets (S3 Express) are refused by name',
    'A13':
        'test_bucket_is_created_where_the_connection_is '
        'not: EU of GetBucketLocation: that is never asked, HEAD tells '
        'the region',
    'A14':
        'test_region_comes_from_the_strongest_source '
        'test_endpoint_comes_from_the_strongest_source '
        'test_a_profile_may_name_the_endpoint_of_each_service '
        'test_configured_endpoints_may_be_ignored',
    # signing and encoding
    'B1':
        'test_a_key_is_percent_encoded_once_and_not_normalised '
        'test_a_query_is_percent_encoded_with_its_slashes',
    'B2':
        'test_sign_agrees_with_botocore '
        'test_a_key_is_percent_encoded_once_and_not_normalised '
        'test_slashes_and_dots_round_trip',
    'B3':
        'test_a_key_is_percent_encoded_once_and_not_normalised '
        'test_leading_slash_is_told_once',
    'B4':
        'test_sign_agrees_with_botocore '
        'test_presign_url_agrees_with_botocore',
    'B5':
        'test_only_what_proxies_leave_alone_is_signed '
        'test_a_bad_header_is_refused_before_anything_is_sent',
    'B6':
        'test_sign_agrees_with_botocore '
        'test_headers_of_an_object_are_sent_as_asked '
        'test_no_header_is_signed_twice',
    'B7':
        'test_a_bad_header_is_refused_before_anything_is_sent '
        'test_a_bad_option_is_refused_at_once',
    'B8':
        'test_bad_metadata_is_refused_before_anything_is_sent '
        'test_metadata_is_decoded '
        'test_metadata_that_is_not_rfc_2047_stays_as_it_is '
        'test_headers_of_an_object_are_sent_as_asked '
        'test_a_file_name_beyond_ascii_survives_a_copy_onto_itself',
    'B9':
        'test_bad_metadata_is_refused_before_anything_is_sent '
        'test_150_metadata_headers_arrive '
        'test_an_odd_but_clear_answer_is_accepted '
        'not: 8 KB of headers: left to the server, for look-alikes take '
        'more',
    'B10':
        'test_copy_of_a_version_and_an_odd_key '
        'test_an_object_is_copied_from_an_access_point',
    'B11':
        'test_white_space_around_a_key_is_stripped_with_a_warning '
        'test_a_bad_option_is_refused_at_once',
    'B12':
        'test_a_bad_call_is_refused_before_anything_is_sent '
        'test_longest_key_round_trips',
    'B13':
        'test_an_upload_has_the_checksum_that_suits_the_service '
        'test_an_unsigned_body_needs_tls '
        'test_a_body_arrives_whole_with_its_length_and_not_in_chunks',
    'B14':
        'test_dates_are_read_with_or_without_fraction '
        'test_an_expiry_may_be_of_any_zone '
        'test_retry_after_is_obeyed_up_to_20_seconds',
    'B15': 'test_every_attempt_is_signed_afresh',
    'B16':
        'test_the_clock_of_the_server_counts '
        'test_the_clock_of_the_server_is_remembered '
        'test_a_slow_upload_is_signed_anew_though_the_clock_is_right '
        'test_the_clock_is_set_once_for_a_request',
    # HTTP
    'C1':
        'test_a_connection_that_died_idle_costs_no_attempt '
        'test_a_file_is_sent_whole_again_on_a_new_connection '
        'test_a_connection_idle_for_long_is_not_used_again '
        'test_only_one_replacement_is_free',
    'C2':
        'test_a_passing_failure_is_retried_after_a_nap '
        'test_a_refused_connection_is_retried_then_told '
        'test_what_may_pass_is_tried_again',
    'C3':
        'test_an_early_no_is_what_the_caller_gets '
        'test_an_early_no_without_hanging_up_ends_the_sending '
        'test_an_early_no_over_tls_is_what_the_caller_gets '
        'test_sockets_may_have_high_numbers',
    'C4':
        'test_an_odd_but_clear_answer_is_accepted '
        'not: Expect: 100-continue: optional; C3 salvages an early '
        'answer, whatever the endpoint',
    'C5':
        'test_a_body_arrives_whole_with_its_length_and_not_in_chunks '
        'test_an_empty_post_has_a_length',
    'C6':
        'test_a_file_that_changes_while_sent_is_never_stored '
        'test_a_half_sent_request_is_closed_not_reused',
    'C7':
        'test_a_bad_call_is_refused_before_anything_is_sent '
        'test_upload_sends_the_bytes_of_any_source',
    'C8':
        'test_progress_counts_each_byte_once '
        'test_a_large_body_is_sent_over_tls',
    'C9':
        'test_a_body_cut_short_over_tls_is_refused '
        'test_a_stream_cut_short_never_returns_short_data '
        'test_an_object_with_unclear_headers_is_refused',
    'C10':
        'test_waiting_is_bounded_unless_said_otherwise '
        'test_silence_is_a_timeout '
        'test_an_answer_may_take_longer_than_any_of_its_bytes '
        'not: a deadline over all: there is no such option',
    'C11':
        'test_every_address_of_a_host_is_tried_anew_each_time '
        'test_an_address_that_does_not_answer_holds_nobody_up '
        'test_sockets_do_not_delay_and_are_kept_alive',
    'C12':
        'test_the_environment_names_the_proxy test_no_proxy_names_hosts '
        'test_no_proxy_is_used_where_none_is_wanted '
        'test_the_password_is_for_the_proxy_only '
        'test_the_forms_of_an_address '
        'test_keys_of_the_own_machine_come_past_any_proxy',
    'C13':
        'test_the_first_that_names_an_authority_wins '
        'test_a_private_certificate_may_be_lax '
        'test_public_authorities_are_held_to_the_rules '
        'test_an_unknown_authority_is_refused_at_once '
        'not: verify=False: there is no such option',
    'C14':
        'test_answers_are_asked_for_as_they_are_stored '
        'test_a_zipped_listing_of_google_is_read '
        'test_a_zipped_bomb_of_an_error_is_cut '
        'test_an_encoded_object_is_returned_as_it_is_stored',
    'C15':
        'test_a_short_unread_body_is_drained_for_reuse '
        'test_an_endless_error_is_read_in_part '
        'test_a_stream_left_early_leaks_no_socket',
    'C16':
        'test_the_page_of_a_portal_is_no_answer_of_s3 '
        'test_a_portal_is_known_before_its_page_is_read '
        'test_an_error_of_a_proxy_is_shown',
    'C17':
        'test_an_odd_but_clear_answer_is_accepted '
        'test_what_is_not_http_is_refused '
        'test_only_a_connection_in_good_order_is_used_again '
        'test_an_interim_answer_does_not_stop_a_large_upload',
    # uploads
    'D1':
        'test_rewind_decides_where_each_attempt_begins '
        'test_upload_sends_the_same_bytes_again '
        'test_upload_sends_the_bytes_of_any_source',
    'D2':
        'test_parts_grow_so_that_ten_thousand_are_enough '
        'test_more_than_fits_into_ten_thousand_parts_is_refused',
    'D3':
        'test_parts_of_a_stream_double_every_thousand '
        'test_parts_are_equal_where_they_have_to_be '
        'test_too_many_equal_parts_are_refused '
        'test_a_thousand_parts_are_enough_at_scaleway '
        'test_parts_have_64_mib_at_storj',
    'D4':
        'test_only_what_is_larger_than_a_part_is_sent_in_parts '
        'test_a_bad_option_is_refused_at_once '
        'test_the_length_of_a_part_must_make_sense',
    'D5':
        'test_upload_sends_the_bytes_of_any_source '
        'test_only_what_is_larger_than_a_part_is_sent_in_parts',
    'D6':
        'test_a_part_that_fails_gives_the_upload_up '
        'test_a_source_that_fails_gives_the_upload_up '
        'test_the_upload_is_given_up_when_no_part_flies_any_more '
        'test_an_upload_that_cannot_be_given_up_is_named '
        'test_the_error_names_the_upload_that_was_left_behind',
    'D7':
        'test_parts_make_the_whole_in_order '
        'test_the_completion_names_the_parts_by_their_etags '
        'test_crc32_of_parts_and_whole_go_along_over_tls',
    'D8':
        'test_an_exception_in_a_block_publishes_nothing '
        'test_an_exception_in_a_block_of_text_publishes_nothing '
        'test_a_file_that_is_never_closed_is_not_stored '
        'test_a_block_that_ends_well_publishes',
    'D9':
        'test_a_stream_is_not_read_further_ahead_than_parts_may_be_held '
        'test_all_uploads_of_a_connection_share_its_threads '
        'test_parts_go_as_many_at_a_time_as_there_are_threads',
    'D10':
        'test_a_file_that_changes_between_attempts_is_never_stored '
        'test_a_file_that_changes_while_sent_is_never_stored '
        'test_a_file_that_shrinks_meanwhile_is_never_an_object',
    'D11':
        'test_a_media_type_is_guessed_from_the_last_suffix '
        'test_the_system_does_not_change_a_media_type',
    'D12':
        'test_upload_is_private_unless_public test_public_is_a_canned_acl '
        'test_public_where_there_are_no_acls_says_what_to_do',
    'D13':
        'test_expires_becomes_cache_control '
        'test_a_bad_call_is_refused_before_anything_is_sent',
    'D14':
        'test_each_header_goes_where_it_belongs '
        'test_headers_of_a_download_reach_every_range '
        'test_update_metadata_of_a_customer_key_names_it_for_the_source',
    'D15':
        'test_each_header_goes_where_it_belongs '
        'test_conditions_wait_for_the_completion '
        'test_a_checksum_of_the_whole_cannot_go_with_parts',
    'D16':
        'test_an_exception_in_a_block_publishes_nothing '
        'test_a_file_of_an_except_clause_is_published',
    # downloads
    'E1':
        'test_what_breaks_off_is_read_to_its_end '
        'test_a_resume_asks_for_the_rest_of_the_same_object '
        'test_an_object_overwritten_meanwhile_is_refused '
        'test_a_stream_cut_short_never_returns_short_data',
    'E2':
        'test_other_bytes_than_were_asked_for_are_refused '
        'test_the_bytes_asked_for_are_returned '
        'test_a_server_without_ranges_may_send_it_all_again '
        'test_a_range_of_an_empty_object_is_empty',
    'E3':
        'test_a_large_object_comes_in_ranges_of_one_version '
        'test_ranges_of_an_object_overwritten_meanwhile_are_refused '
        'test_a_range_is_not_measured_by_a_checksum '
        'test_a_download_that_matches_its_checksum_is_kept',
    'E4':
        'test_a_download_that_breaks_off_leaves_nothing '
        'test_the_mode_of_the_old_file_is_kept '
        'test_the_mode_of_a_new_file_is_that_of_any_other '
        'test_a_download_has_the_time_of_the_object '
        'test_a_place_that_cannot_be_is_refused_at_once '
        'test_a_link_is_written_through '
        'test_a_file_that_another_holds_is_waited_for',
    'E5':
        'test_aws_is_asked_for_the_checksum_of_a_whole_object '
        'test_content_that_does_not_match_its_checksum_is_refused '
        'test_a_checksum_of_something_else_is_not_compared '
        'test_a_spoilt_content_is_fetched_again '
        'test_a_download_that_came_spoilt_is_fetched_again',
    'E6':
        'test_an_etag_is_read_without_quotes '
        'test_conditions_get_the_quotes_they_lack '
        'test_parts_make_the_whole_in_order',
    'E7':
        'test_an_encoded_object_is_returned_as_it_is_stored '
        'test_google_gives_what_is_zipped_as_it_is_stored '
        'not: decode=True: there is no such option',
    'E8':
        'test_read_gives_as_much_as_is_asked '
        'test_nothing_is_fetched_to_read_nothing '
        'test_what_breaks_off_is_read_to_its_end',
    'E9':
        'test_an_error_without_body_is_named_by_its_status '
        'test_a_head_without_body_tells_the_region_by_a_header',
    'E10':
        'test_an_archived_object_tells_its_storage_class '
        'test_an_error_says_what_to_do '
        'test_hostile_names_are_named_and_the_rest_goes_through',
    'E11':
        'test_a_stream_left_early_leaks_no_socket '
        'test_what_was_sent_is_freed_without_the_collector',
    # retries
    'F1':
        'test_a_delay_is_drawn_below_a_growing_bound '
        'test_further_tries_are_paced_when_too_many_fail '
        'test_what_succeeds_brings_the_tries_back '
        'test_retry_after_is_obeyed_up_to_20_seconds '
        'test_attempts_count_the_first',
    'F2':
        'test_what_may_pass_is_tried_again '
        'test_what_lasts_is_not_tried_again',
    'F3':
        'test_a_copy_that_failed_inside_a_200_is_tried_again '
        'test_an_error_inside_a_200_has_the_class_of_its_code '
        'test_white_space_may_come_before_xml '
        'test_an_error_inside_the_answer_to_a_completion_is_tried_again '
        'test_an_error_inside_the_answer_to_a_part_is_tried_again',
    'F4':
        'test_upload_sends_the_same_bytes_again '
        'test_rewind_decides_where_each_attempt_begins',
    'F5':
        'test_every_attempt_is_signed_afresh '
        'test_keys_that_are_refused_as_old_are_fetched_again',
    'F6':
        'test_a_conditional_upload_whose_answer_was_lost_is_looked_up '
        'test_a_conditional_upload_that_is_of_another_fails '
        'test_a_conditional_completion_whose_answer_was_lost_is_looked_up',
    'F7':
        'test_a_completion_whose_answer_was_lost_is_looked_up '
        'test_uploads_that_are_open_are_listed_and_cancelled',
    'F8':
        'test_conditional_conflict_is_precondition_failed_at_last '
        'test_what_may_pass_is_tried_again '
        'test_parts_are_all_sent_again_after_a_conflict',
    'F9':
        'test_a_part_that_waits_wakes_up_when_another_fails '
        'test_an_interrupted_wait_leaves_nothing '
        'not: a deadline: there is no such option',
    'F10':
        'test_fewer_go_at_once_after_slow_down '
        'test_a_throttle_holds_nobody_for_long',
    'F11':
        'test_an_error_has_all_that_support_asks_for '
        'test_a_timeout_chains_its_cause test_attempts_count_the_first',
    # listings and XML
    'G1':
        'test_keys_are_decoded_only_if_the_server_encoded_them '
        'test_keys_are_decoded_only_if_the_answer_is_encoded '
        'test_odd_keys_round_trip test_listing_goes_on_page_after_page',
    'G2':
        'test_old_listings_are_asked_for_at_once '
        'test_control_characters_in_xml_are_read '
        'test_an_upload_begins_though_its_key_breaks_the_answer',
    'G3':
        'test_listing_that_runs_in_circles_is_an_error '
        'test_a_listing_in_a_longer_circle_ends '
        'test_empty_page_of_a_cut_listing_is_no_end '
        'test_list_falls_back_to_version_1_and_remembers',
    'G4':
        'test_list_falls_back_to_version_1_and_remembers '
        'test_old_listings_are_asked_for_at_once',
    'G5': 'test_keys_that_xml_cannot_say_are_deleted_alone',
    'G6':
        'test_a_thousand_and_one_keys_are_deleted_in_two_requests '
        'test_delete_many_reports_each_failure '
        'test_delete_many_falls_back_to_single_deletes '
        'test_where_fips_forbids_md5_another_checksum_will_do '
        'not: a CRC-32 besides the MD5: S3 wants but one',
    'G7':
        'test_xml_that_is_cut_or_a_trap_is_refused '
        'test_more_xml_than_is_sane_is_refused',
    'G8':
        'test_a_listing_is_read_in_any_namespace '
        'test_a_listing_that_lacks_something_is_no_error_of_the_caller '
        'test_dates_are_read_with_or_without_fraction',
    'G9':
        'test_list_with_delimiter_gives_prefixes '
        'test_slashes_and_dots_round_trip '
        'test_markers_of_folders_are_left_alone '
        'test_a_listing_in_disorder_gives_right_results',
    'G10':
        'test_list_is_lazy test_list_describes_objects '
        'test_list_start_after',
    # credentials
    'H1':
        'test_the_strongest_source_is_taken '
        'test_half_a_pair_or_a_broken_key_fails_at_first_use '
        'test_only_an_explicit_profile_wins_over_the_environment '
        'test_explicit_keys_win_over_the_environment',
    'H2':
        'test_an_explicit_session_token_is_sent_and_signed '
        'test_a_presigned_url_has_the_session_token_in_its_query '
        'test_a_form_is_botocores',
    'H3':
        'test_keys_come_from_the_shared_files test_a_profile_is_chosen '
        'test_a_secret_with_a_percent_sign_is_read_as_it_is '
        'test_the_default_profile_may_be_named_like_the_others',
    'H4':
        'test_only_allowed_containers_get_the_token '
        'test_token_files_are_read_at_every_refresh '
        'test_what_is_set_up_but_fails_is_told',
    'H5':
        'test_every_source_signs_in_a_fresh_process '
        'test_an_expiry_may_be_of_any_zone '
        'test_import_leaves_the_expensive_alone',
    'H6':
        'test_imds_is_asked_in_version_2_only '
        'test_an_imds_that_never_answers_is_given_up_and_remembered '
        'test_imds_is_left_alone test_imds_has_two_addresses',
    'H7':
        'test_sts_is_asked_in_the_region '
        'test_a_role_is_asked_for_with_all_its_profile_says '
        'test_token_files_are_read_at_every_refresh '
        'test_what_is_set_up_but_fails_is_told',
    'H8':
        'test_every_source_signs_in_a_fresh_process '
        'test_what_is_set_up_but_fails_is_told '
        'test_a_slow_process_is_ended '
        'not: the command line of Windows: not tried there',
    'H9':
        'test_an_old_login_is_renewed_and_kept '
        'test_a_login_that_cannot_be_renewed_asks_for_another '
        'test_the_portal_is_asked_in_its_region',
    'H10':
        'test_one_thread_renews_while_the_others_go_on_with_the_old_keys '
        'test_keys_are_renewed_before_they_expire '
        'test_keys_that_live_shortly_are_not_renewed_at_every_request '
        'test_expired_keys_of_imds_serve_on_while_it_is_down '
        'test_keys_that_are_refused_as_old_are_fetched_again',
    'H11':
        'test_without_credentials_nothing_is_sent_and_all_tried_is_told '
        'test_anonymous_requests_are_not_signed',
    'H12': 'test_a_presigned_url_that_outlives_its_keys_is_logged',
    # integrity
    'I1':
        'test_a_body_arrives_whole_with_its_length_and_not_in_chunks '
        'test_upload_sends_the_bytes_of_any_source',
    'I2':
        'test_an_upload_has_the_checksum_that_suits_the_service '
        'test_crc32_goes_with_an_unsigned_body_over_tls '
        'not: AWS_REQUEST_CHECKSUM_CALCULATION: integrity= is the one '
        'switch',
    'I3':
        'test_a_bucket_with_object_lock_gets_the_md5_it_demands '
        'test_parts_get_the_md5_that_object_lock_demands '
        'test_an_upload_has_the_checksum_that_suits_the_service',
    'I4':
        'test_crc32_of_parts_and_whole_go_along_over_tls '
        'test_completion_by_id_takes_the_checksums_of_the_parts '
        'test_crc32_of_pieces_is_that_of_the_whole',
    'I5':
        'test_a_checksum_the_server_does_not_know_is_left_out '
        'test_an_upload_in_parts_leaves_unknown_checksums_out',
    'I6': 'test_nothing_is_sent_that_s3_does_not_know',
    # conditions, copies, presigned URLs
    'J1':
        'test_conditions_get_the_quotes_they_lack '
        'test_conditions_wait_for_the_completion '
        'test_an_error_has_the_class_of_its_status '
        'test_doctor_sees_that_a_server_heeds_conditions',
    'J2':
        'test_update_metadata_is_guarded_by_the_etag '
        'test_update_metadata_keeps_what_s3_would_not_copy '
        'test_update_metadata_carries_grants_over '
        'test_update_metadata_keeps_tags '
        'test_update_metadata_of_a_large_object_keeps_all '
        'test_tags_are_carried_to_a_copy_in_parts',
    'J3':
        'test_a_presigned_url_lives_a_second_to_seven_days '
        'test_presign_url_agrees_with_botocore '
        'test_a_presigned_url_holds_who_uses_it_to_its_headers '
        'test_a_presigned_url_goes_to_the_region_that_is_remembered '
        'test_leading_slash_is_told_once',
    'J4':
        'test_a_form_is_botocores test_a_form_uploads_a_file '
        'test_a_form_that_was_changed_is_refused '
        'test_a_browser_uploads_by_a_form',
    'J5':
        'test_a_part_that_is_not_copied_gives_the_upload_up '
        'test_only_what_is_too_large_is_copied_in_parts',
    'J6': 'test_a_copy_is_signed_for_the_region_it_goes_to',
    'J7':
        'test_versions_are_listed_with_their_markers '
        'test_what_is_older_than_versioning_is_null '
        'test_a_version_is_read_copied_and_deleted '
        'test_a_deleted_key_comes_back_with_its_marker_gone '
        'test_a_version_is_copied_in_parts '
        'test_a_broken_listing_of_versions_is_an_error',
    'J8': 'test_delete_succeeds_twice',
    'J9':
        'test_connection_headers_go_with_every_request '
        'test_each_header_of_a_copy_goes_where_it_belongs '
        'test_a_bare_403_says_what_it_may_mean',
    # security
    'K1':
        'test_no_secret_of_an_error_gets_out '
        'test_an_attempt_that_failed_is_logged_without_secrets '
        'test_repr_shows_no_secret '
        'test_a_password_in_a_url_is_not_repeated '
        'test_no_message_nor_log_has_the_password',
    'K2':
        'test_windows_gets_no_name_that_leads_elsewhere '
        'test_hostile_names_are_named_and_the_rest_goes_through '
        'test_no_link_is_followed_on_the_way_down '
        'test_a_file_and_a_folder_of_one_name_are_not_both_made '
        'test_names_that_differ_in_case_alone_do_not_meet',
    'K3':
        'test_what_is_no_file_is_passed_over_with_a_warning '
        'test_names_that_are_no_text_are_named '
        'test_an_object_is_kept_whose_file_became_a_link',
    'K4':
        'test_keys_without_tls_are_told_once_unless_they_stay_here '
        'test_contract_without_an_endpoint',
    'K5':
        'test_endpoint_comes_from_the_strongest_source '
        'test_another_host_is_not_followed_and_the_error_names_it',
    'K6':
        'test_an_endless_error_is_read_in_part '
        'test_more_xml_than_is_sane_is_refused '
        'test_what_is_set_up_but_fails_is_told '
        'test_an_object_with_unclear_headers_is_refused',
    'K7':
        'test_connection_headers_go_with_every_request '
        'test_each_header_goes_where_it_belongs',
    # threads, processes, platforms
    'L1':
        'test_threads_never_get_each_others_answers '
        'test_requests_under_way_together_find_the_region_together '
        'test_many_threads_renew_keys_once',
    'L2':
        'test_a_forked_child_uses_connections_of_its_own '
        'test_a_forked_child_uploads_in_parts_of_its_own '
        'test_pool_works_in_a_forked_child '
        'test_keys_survive_a_fork_while_they_are_fetched '
        'test_a_pickled_connection_works_in_another_process',
    'L3':
        'test_all_completed_keeps_the_order '
        'test_as_completed_yields_what_comes_first '
        'test_first_failure_is_raised '
        'test_leaving_by_an_exception_cancels_what_has_not_begun '
        'test_what_was_handed_over_is_done_before_the_program_ends '
        'test_pool_carries_many_large_uploads '
        'not: cancel() of a call that runs: a stock Future has no such '
        'thing',
    'L4':
        'test_where_no_thread_can_be_had_parts_go_one_by_one '
        'test_a_file_that_is_open_at_exit_is_not_stored',
    'L5':
        'test_threads_never_get_each_others_answers '
        'test_requests_under_way_together_set_the_clock_together '
        'test_downloads_share_the_threads_of_a_connection '
        'not: a build without the GIL: not tried on one',
    'L6':
        'test_what_a_supported_python_lacks_is_not_used '
        'test_only_the_standard_library_is_imported',
    'L7':
        'test_import_leaves_the_expensive_alone '
        'test_a_connection_idle_for_long_is_not_used_again '
        'test_the_clock_of_the_server_counts '
        'not: a deadline: there is no such option',
    'L8':
        'test_the_system_may_know_a_proxy '
        'test_a_forked_child_does_not_ask_the_system '
        'test_a_terminal_without_the_letters_is_no_failure '
        'not: Windows itself: not tried there',
    'L9':
        'test_where_fips_forbids_md5_another_checksum_will_do '
        'test_no_checksum_of_a_completion_is_taken_for_that_of_its_object',
    'L10':
        'test_two_copies_in_a_process_keep_apart '
        'test_import_leaves_the_expensive_alone',
    'L11':
        'test_what_was_sent_is_freed_without_the_collector '
        'test_a_stream_left_early_leaks_no_socket',
    # services
    'AWS':
        'test_a_host_of_aws_gets_the_bucket_in_front '
        'test_an_upload_has_the_checksum_that_suits_the_service '
        'test_a_bucket_elsewhere_is_asked_in_its_region '
        'not: Expect: 100-continue, as of C4',
    'Cloudflare R2':
        'test_parts_are_equal_where_they_have_to_be '
        'test_another_host_gets_the_bucket_in_its_path '
        'test_an_upload_has_the_checksum_that_suits_the_service',
    'GCS':
        'test_google_gives_what_is_zipped_as_it_is_stored '
        'test_nothing_is_sent_that_s3_does_not_know '
        'test_a_media_type_is_guessed_from_the_last_suffix '
        'test_delete_many_falls_back_to_single_deletes '
        'test_only_what_proxies_leave_alone_is_signed',
    'MinIO':
        'test_another_host_gets_the_bucket_in_its_path '
        'test_a_thousand_and_one_keys_are_deleted_in_two_requests '
        'test_a_custom_endpoint_may_state_the_region',
    'Ceph RGW':
        'test_another_host_gets_the_bucket_in_its_path '
        'test_list_falls_back_to_version_1_and_remembers '
        'test_keys_are_decoded_only_if_the_server_encoded_them '
        'test_a_large_object_comes_in_ranges_of_one_version',
    'DigitalOcean, Dreamhost, Selectel':
        'test_another_host_gets_the_bucket_in_its_path '
        'test_keys_are_decoded_only_if_the_server_encoded_them',
    'Backblaze B2, Wasabi':
        'test_another_host_gets_the_bucket_in_its_path '
        'test_listing_that_runs_in_circles_is_an_error',
    'Huawei OBS':
        'test_old_listings_are_asked_for_at_once '
        'test_an_upload_has_the_checksum_that_suits_the_service',
    'IBM COS, SeaweedFS, Netease, Tencent':
        'test_old_listings_are_asked_for_at_once '
        'test_list_falls_back_to_version_1_and_remembers '
        'test_parts_make_the_whole_in_order',
    'Alibaba OSS, Qiniu, Synology, Lyve': 'test_parts_make_the_whole_in_order',
    'Scaleway, Storj, Mega':
        'test_a_thousand_parts_are_enough_at_scaleway '
        'test_parts_have_64_mib_at_storj '
        'test_a_part_that_is_not_copied_gives_the_upload_up',
    'OVH, s3proxy': 'test_an_upload_has_the_checksum_that_suits_the_service'}


def test_every_pitfall_has_its_tests_or_a_reason():
    marks = [letter + str(number + 1) for letter, count in zip(
        'ABCDEFGHIJKL', (14, 16, 17, 16, 11, 11, 10, 12, 6, 9, 7, 11))
        for number in range(count)]
    services = ' '.join(set(PITFALLS) - set(marks)).replace(',', '')
    assert set(marks) < set(PITFALLS) and set(services.split()) == set(
        'AWS Cloudflare R2 GCS MinIO Ceph RGW DigitalOcean Dreamhost Selectel '
        'Backblaze B2 Wasabi Huawei OBS IBM COS SeaweedFS Netease Tencent '
        'Alibaba OSS Qiniu Synology Lyve Scaleway Storj Mega OVH s3proxy'
        .split())
    with io.open(__file__, encoding='utf-8') as file:
        tests = set(re.findall(r'^ *def (test_\w+)', file.read(), re.M))
    for mark, said in PITFALLS.items():
        names, _, reason = said.partition('not: ')
        assert set(names.split()) <= tests and (names or reason), mark


def readme_text():
    with io.open(os.path.join(HERE, 'README.md'), encoding='utf-8') as file:
        return file.read()


def readme():
    """Return the README's text but the recipes, and their code by name."""
    recipes = {}

    def take(found):
        recipes[found.group(1)] = found.group(2)
        return ''
    return re.sub(r'^##+ (%s)\n(?:(?!^##).)*?^```python\n(.*?)^```$' %
                  '|'.join(COOKS), take, readme_text(),
                  flags=re.M | re.S), recipes


def blocks(*languages):
    """Yield the code blocks of the README, but those of recipes."""
    return [code for language, code in re.findall(
        r'^```(\w+)\n(.*?)^```$', readme()[0], re.M | re.S)
        if not languages or language in languages]


def test_readme_has_only_blocks_that_are_tested():
    assert len(blocks()) == len(blocks('pycon', 'python', 'console', 'sh',
                                       'text'))
    assert sorted(readme()[1]) == sorted(COOKS)


def test_readme_has_its_sections_in_order():
    assert re.findall('^## (.*)', readme_text(), re.M) == [
        'Beside boto3', 'Uploads', 'Downloads', 'Lists', 'Copies',
        'Metadata', 'Presigning', 'Pool', 'Errors', 'Command line',
        'Credentials', 'S3-compatible stores', 'Lambda', 'Vendoring',
        'Coming from tinys3 0.1', 'Performance', 'Limits', 'Recipes',
        'Development']


@pytest.fixture
def reader(shell, server, bucket, monkeypatch):
    """Be a reader of the README, in a folder with its file, who has keys
    and a bucket; return how the README's text becomes theirs."""
    needs(server, 'object headers')
    write('some_file.zip', b'twenty-six bytes of a file')
    os.makedirs('my_package/vendor')
    shutil.copy(tinys3.__file__, 'my_package/vendor')
    return lambda code: code.replace('my-bucket', bucket)


def test_readme_session(reader, server):
    import doctest
    names = {'S3_ACCESS_KEY': server.access, 'S3_SECRET_KEY': server.secret}
    session, = blocks('pycon')
    test = doctest.DocTestParser().get_doctest(
        reader(session), names, 'README', 'README.md', 0)
    report = []
    runner = doctest.DocTestRunner(verbose=False)
    runner.run(test, out=report.append, clear_globs=False)
    test.globs['conn'].close()
    assert not runner.failures, ''.join(report)


@pytest.mark.filterwarnings('ignore:.*fork')
def test_readme_examples(reader, server, bucket, capsys):
    names = {'S3_ACCESS_KEY': server.access, 'S3_SECRET_KEY': server.secret,
             'tinys3': tinys3, '__name__': '__main__',
             'conn': tinys3.Connection(
                 server.access, server.secret, default_bucket=bucket)}
    for code in blocks('python'):
        exec(compile(reader(code), 'README.md', 'exec'), names)
    out = capsys.readouterr().out
    assert '404 NoSuchKey nobody' in out and '\n100\n' in out
    assert "\n{'made-by': 'me'}\n26\n" in out and '<Value>blue<' in out
    with contextlib.closing(raw_get(names['url'])) as found:
        assert found.read() == b'twenty-six bytes of a file'
    assert set(names['headers']) == {'Authorization', 'X-Amz-Date'}
    names['conn'].close()


def cook_asyncio(names, server, folder):
    import asyncio
    loop = asyncio.new_event_loop()
    with tinys3.Pool(server.access, server.secret, names['bucket']) as pool:
        pool.upload('async', HUGE).result(60)
        assert loop.run_until_complete(
            names['fetch'](pool, ['async', 'async'])) == [HUGE] * 2
    loop.close()


def cook_tqdm(names, server, folder):
    assert names['bar'].n == 26


def cook_lambda(names, server, folder):
    """Run it from its zip, with no other package and a Lambda's settings."""
    path, key = str(folder / 'function.zip'), 'a b/\u00e4+'
    with zipfile.ZipFile(path, 'w') as zipped:
        zipped.writestr('handler.py', readme()[1]['Lambda'])
        zipped.write(tinys3.__file__, 'tinys3.py')
    names['conn'].upload(key, b'seen')
    event = {'Records': [{'s3': {
        'bucket': {'name': names['bucket']},
        'object': {'key': urllib.parse.quote_plus(key)}}}]}
    out = subprocess.check_output([
        sys.executable, '-I', '-S', '-W', 'error', '-c',
        'import json, sys; sys.path.insert(0, sys.argv[1])\n'
        'import handler, tinys3; handler.handler(json.loads(sys.argv[2]), 0)\n'
        'print(tinys3.__file__)', path, json.dumps(event)], env={
            'AWS_ACCESS_KEY_ID': server.access, 'LANG': 'en_US.UTF-8',
            'AWS_SECRET_ACCESS_KEY': server.secret, 'TZ': ':UTC',
            'AWS_REGION': server.region, 'AWS_LAMBDA_FUNCTION_NAME': 'seen',
            'AWS_EXECUTION_ENV': 'AWS_Lambda_python', 'PATH': os.defpath,
            'LAMBDA_TASK_ROOT': path, 'AWS_ENDPOINT_URL_S3': server.endpoint})
    assert out.decode().strip() == os.path.join(path, 'tinys3.py')
    assert names['conn'].get('seen/' + key).content == b'seen'


def cook_flask(names, server, folder):
    reply = names['app'].test_client().put('/a/b.bin', data=HUGE)
    assert reply.status_code == 204
    assert names['conn'].get('a/b.bin').content == HUGE


def cook_django(names, server, folder):
    from django.conf import settings
    from django.test import RequestFactory
    if not settings.configured:
        settings.configure()
    assert names['put'](RequestFactory().put(
        '/', HUGE, 'text/x-mine'), 'd.bin').status_code == 204
    found = names['conn'].get('d.bin')
    assert found.content == HUGE
    assert found.headers['content-type'] == 'text/x-mine'


def cook_vendoring(names, server, folder):
    assert names['tinys3'].__name__ == 'my_package.vendor.tinys3'
    assert names['tinys3'].NotFound is not tinys3.NotFound
    for name in list(sys.modules):
        if name.startswith('my_package'):
            del sys.modules[name]


COOKS = {'asyncio': cook_asyncio, 'tqdm': cook_tqdm, 'Lambda': cook_lambda,
         'Vendoring': cook_vendoring,
         'Flask': cook_flask, 'Django': cook_django}


@each('name', sorted(COOKS))
def test_readme_recipe(reader, server, bucket, tmp_path, capsys, name,
                       monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    if name in ('tqdm', 'Flask', 'Django'):
        with warnings_off():
            pytest.importorskip(name.lower())
    with connect(server, default_bucket=bucket, part_size=PART) as conn:
        names = {'conn': conn, 'bucket': bucket, '__name__': 'recipe'}
        with warnings_off():
            exec(compile(reader(readme()[1][name]), name, 'exec'), names)
        COOKS[name](dict(names, conn=conn), server, tmp_path)


def test_readme_commands(reader, monkeypatch, capsys):
    _, session = blocks('console')
    for part in re.split(r'^\$ ', reader(session), flags=re.M)[1:]:
        command, _, expected = part.partition('\n')
        words = command.split()
        assert words[:3] == ['python', '-m', 'tinys3']
        assert tinys3.main(words[3:]) == 0
        out = capsys.readouterr().out
        assert shape_of(out) == shape_of(expected)


def test_readme_begins_with_two_commands(reader, capsys):
    install, look = reader(blocks('console')[0]).splitlines()
    assert install == '$ pip install tinys3'
    assert look.startswith('$ python -m tinys3 doctor s3://')
    assert tinys3.main(look.split()[4:]) == 0
    assert capsys.readouterr().out.endswith('all is well\n')


def beside_boto3():
    """Return the pairs of calls that the README sets side by side."""
    return re.findall(r'^\| `(.*?)`(?:, up to 1,000)? \| `(.*?)` \|$',
                      readme_text().partition('\n## Beside boto3\n')[2]
                      .partition('\n## ')[0], re.M)


def test_readme_beside_boto3(reader, server, monkeypatch):
    """Both calls leave the same behind, and give the same where what they
    give is no answer of their own kind."""
    rows = beside_boto3()
    section = readme_text().partition('\n## Beside boto3\n')[2]
    assert len(rows) == section.partition('\n## ')[0].count('\n| ') - 2 >= 16
    conn = tinys3.Connection(default_bucket=reader('my-bucket'))
    ours = told_row_by_row([mine for _, mine in rows], {'conn': conn}, reader)
    ours_left = left_in(conn)
    empty(conn)
    with warnings_off():
        boto3 = pytest.importorskip('boto3')
        monkeypatch.setenv('AWS_DEFAULT_REGION', server.region)
        theirs = told_row_by_row([other for other, _ in rows], {
            's3': boto3.client('s3')}, reader)
    assert left_in(conn) == ours_left
    for row, mine, other in zip(rows, ours, theirs):
        if isinstance(mine, (bytes, list)) or row[1].endswith('.metadata'):
            assert mine == other, row
    for link in ours[9], theirs[9]:
        assert urlopened(link) == b'text'
    for upload in conn.list_multipart_uploads():
        upload.cancel_upload()
    conn.close()


def told_row_by_row(calls, names, reader):
    return [eval(compile(reader(call), call, 'eval'), names)
            for call in calls]


def left_in(conn):
    """Return what is in the bucket: contents, headers, uploads in parts."""
    return ([(entry['key'], conn.get(entry['key']).content, [
        conn.head(entry['key']).headers.get(name) for name in (
            'cache-control', 'x-amz-meta-by')])
        for entry in conn.list()],
        {mp.key for mp in conn.list_multipart_uploads()})


def shape_of(out):
    """Return what was printed without what differs from run to run."""
    if out.startswith('credentials'):
        return [(line[:15], line.endswith(' ms  ok'))
                for line in re.sub(r'[ \d]{5} ms', ' ms', out).splitlines()]
    return re.sub(r'\d{4}-\S+ [\d:]{8}', 'DATE', out)


def test_readme_shows_the_progress():
    command, line = blocks('text')[0].splitlines()
    assert command.startswith('$ python -m tinys3 cp -r ')
    assert re.match(HOW_FAR + '$', line)


def test_the_source_distribution_has_its_tests(tmp_path):
    """What .ci/run does, and what it reads, stays in a checkout."""
    pytest.importorskip('setuptools')
    names = {'setup.py', 'tinys3.py', 'test_tinys3.py', 'bench_tinys3.py',
             'README.md', 'CHANGELOG.md', 'LICENSE', '.ci/chart.svg'}
    (tmp_path / '.ci').mkdir()
    for name in names:
        shutil.copy(os.path.join(HERE, name), str(tmp_path / name))
    subprocess.check_output(
        [sys.executable, 'setup.py', '-q', 'sdist', '-d', 'dist'],
        cwd=str(tmp_path), stderr=subprocess.STDOUT)
    made = 'tinys3-%s' % tinys3.__version__
    with tarfile.open(str(tmp_path / 'dist' / (made + '.tar.gz'))) as packed:
        assert names <= {name[len(made) + 1:] for name in packed.getnames()}
        about = packed.extractfile(made + '/PKG-INFO').read().decode()
    assert '\nVersion: %s\n' % tinys3.__version__ in about
    assert 'Development Status :: 5 - Production/Stable' in about


@pytest.mark.skipif(sys.version_info < (3, 8), reason='it needs 3.8')
def test_the_benchmark_measures_and_draws(tmp_path):
    """Not how fast anything is: that it does all its work to the end."""
    chart = tmp_path / 'chart.svg'
    told = subprocess.check_output(
        [sys.executable, os.path.join(HERE, 'bench_tinys3.py'), '--rounds',
         '1', '--share', '0.002', '--only', 'tinys3', 'http.client',
         '--plot', str(chart)], cwd=str(tmp_path)).decode()
    rows = re.findall(r'^\| (.+?) \| [\d.e+]+ [mu]s \|', told, re.M)
    assert len(rows) == 11 and '| upload 1 KiB |' in told
    drawn = tinys3._xml(chart.read_bytes())
    assert all(row in [text.content for text in drawn.all('text')]
               for row in rows)


def test_readme_set_up_is_two_commands():
    """.ci/run runs both as they stand; the second is this suite."""
    first, second = blocks('sh')
    assert 'tinys3 doctor --local' in first and first.count('\n') == 1
    assert second == '.venv/bin/python -m pytest -q\n'
