"""Measure tinys3 beside boto3, minio and obstore, whichever are installed.

    python bench_tinys3.py                    all workloads, five rounds
    python bench_tinys3.py put list           these only
    python bench_tinys3.py put --only tinys3 boto3
    python bench_tinys3.py --plot chart.svg   and draw a chart

A little S3 runs in a process of its own and keeps nothing; each measurement
is a fresh process. Clients take turns in every round, so that what else the
machine does hits all of them. What counts is the CPU time of the client:
it is what the client costs, whatever the network. Needs Python 3.8.
"""
import argparse
import asyncio
import concurrent.futures
import hashlib
import io
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

import tinys3

HERE = os.path.dirname(os.path.abspath(__file__))
BUCKET, REGION, KEYS = 'bench', 'us-east-1', ('AKIDBENCH', 'bench' * 8)
SMALL, BIG = 1024, 64 * 1024 ** 2       # bytes of the objects


# ---------------------------------------------------------------------------
# The server: answers as S3 does, and keeps nothing
# ---------------------------------------------------------------------------

def head_of(size, status='200 OK', more=''):
    return ('HTTP/1.1 %s\r\nETag: "bench"\r\nContent-Length: %d\r\n'
            'Last-Modified: Fri, 24 May 2013 00:00:00 GMT\r\n'
            'Accept-Ranges: bytes\r\n%s\r\n' % (status, size, more)).encode()


def xml_answer(text, *words):
    body = ('<?xml version="1.0" encoding="UTF-8"?>\n' + text % words).encode()
    return head_of(len(body), more='Content-Type: application/xml\r\n') + body


def listing(query, count):
    """Write a page of a bucket with so many keys."""
    found = re.search('continuation-token=(\\d+)', query)
    start = int(found.group(1)) if found else 0
    end = min(start + 1000, count)
    return xml_answer(
        '<ListBucketResult><Name>%s</Name><Prefix></Prefix><KeyCount>%d'
        '</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>%s</IsTruncated>%s%s'
        '</ListBucketResult>', BUCKET, end - start,
        'true' if end < count else 'false',
        '<NextContinuationToken>%d</NextContinuationToken>' % end
        if end < count else '', ''.join(
            '<Contents><Key>photos/2013/05/%07d.jpg</Key><LastModified>'
            '2013-05-24T00:00:00.000Z</LastModified><ETag>&quot;d41d8cd98f00'
            'b204e9800998ecf8427e&quot;</ETag><Size>%d</Size><StorageClass>'
            'STANDARD</StorageClass></Contents>' % (number, number)
            for number in range(start, end)))


def post_answer(path, query, body):
    if 'uploads' in query:
        return xml_answer('<InitiateMultipartUploadResult><UploadId>1'
                          '</UploadId></InitiateMultipartUploadResult>')
    if 'delete' in query:
        return xml_answer('<DeleteResult>%s</DeleteResult>', ''.join(
            '<Deleted><Key>%s</Key></Deleted>' % key
            for key in re.findall('<Key>(.*?)</Key>', body.decode())))
    return xml_answer('<CompleteMultipartUploadResult><ETag>"bench-2"</ETag>'
                      '</CompleteMultipartUploadResult>')


def get_answer(path, headers):
    size = BIG if path.endswith('big') else SMALL
    found = re.match(r'bytes=(\d+)-(\d*)', headers.get('range', ''))
    if not found:
        return head_of(size), size
    first, last = int(found.group(1)), int(found.group(2) or size - 1)
    last = min(last, size - 1)
    return head_of(last - first + 1, '206 Partial Content',
                   'Content-Range: bytes %d-%d/%d\r\n' % (
                       first, last, size)), last - first + 1


async def exchange(reader, writer, count):
    """Answer one request."""
    lines = (await reader.readuntil(b'\r\n\r\n')).decode(
        'latin-1').split('\r\n')
    method, target, _ = lines[0].split(' ')
    path, _, query = target.partition('?')
    headers = {name.lower(): value.strip() for name, _, value in (
        line.partition(':') for line in lines[1:])}
    if 'expect' in headers:
        writer.write(b'HTTP/1.1 100 Continue\r\n\r\n')
    left, body = int(headers.get('content-length', 0)), b''
    while left:
        data = await reader.read(min(left, 1 << 20))
        if not data:
            raise ConnectionError
        left -= len(data)
        body = body + data if method == 'POST' else b''
    if method == 'GET' and path.strip('/') == BUCKET:
        writer.write(listing(query, count) if 'location' not in query else
                     xml_answer('<LocationConstraint/>'))
    elif method in ('GET', 'HEAD'):
        head, size = get_answer(path, headers)
        writer.write(head)
        for _ in range(size >> 20 if method == 'GET' else 0):
            writer.write(MEGABYTE)
            await writer.drain()
        writer.write(MEGABYTE[:size & 0xfffff] if method == 'GET' else b'')
    elif method == 'POST':
        writer.write(post_answer(path, query, body))
    else:
        writer.write(head_of(0) if method == 'PUT' else
                     b'HTTP/1.1 204 No Content\r\n\r\n')
    await writer.drain()


MEGABYTE = bytes(1 << 20)


async def serve(count):
    """Serve for ever; print the port."""
    async def talk(reader, writer):
        try:
            while True:
                await exchange(reader, writer, count)
        except (OSError, asyncio.IncompleteReadError):
            writer.close()
    server = await asyncio.start_server(talk, '127.0.0.1', 0, backlog=1000,
                                        limit=1 << 20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


# ---------------------------------------------------------------------------
# The clients: the same few verbs for each
# ---------------------------------------------------------------------------

class Tinys3(object):
    def __init__(self, host):
        self.host = host
        self.conn = tinys3.Connection(
            *KEYS, default_bucket=BUCKET, endpoint='http://' + host,
            region=REGION)
        self.put, self.head = self.conn.upload, self.conn.head
        self.delete, self.delete_many = (
            self.conn.delete, self.conn.delete_many)
        self.up, self.down = self.conn.upload, self.conn.download

    def get(self, key):
        return self.conn.get(key).content

    def list(self):
        return sum(1 for _ in self.conn.list())

    def many(self, verb, keys, *data):
        """Let 16 threads do it, through a Pool."""
        with tinys3.Pool(*KEYS, default_bucket=BUCKET, size=16, region=REGION,
                         endpoint='http://' + self.host) as pool:
            submit = {'put': pool.upload, 'get': pool.get}[verb]
            for _ in pool.as_completed(submit(key, *data) for key in keys):
                pass


class Threads(object):
    """What clients without a pool of their own get: the stock one."""

    def many(self, verb, keys, *data):
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            for _ in pool.map(lambda key: getattr(self, verb)(key, *data),
                              keys):
                pass


class Boto3(Threads):
    def __init__(self, host):
        import boto3
        from botocore.config import Config
        self.s3 = boto3.client(
            's3', aws_access_key_id=KEYS[0], aws_secret_access_key=KEYS[1],
            region_name=REGION, endpoint_url='http://' + host,
            config=Config(max_pool_connections=16,
                          s3={'addressing_style': 'path'}))

    def put(self, key, data):
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=data)

    def get(self, key):
        return self.s3.get_object(Bucket=BUCKET, Key=key)['Body'].read()

    def head(self, key):
        self.s3.head_object(Bucket=BUCKET, Key=key)

    def delete(self, key):
        self.s3.delete_object(Bucket=BUCKET, Key=key)

    def list(self):
        return sum(len(page['Contents']) for page in self.s3.get_paginator(
            'list_objects_v2').paginate(Bucket=BUCKET))

    def delete_many(self, keys):
        for start in range(0, len(keys), 1000):
            self.s3.delete_objects(Bucket=BUCKET, Delete={'Objects': [
                {'Key': key} for key in keys[start:start + 1000]]})

    def up(self, key, path):
        self.s3.upload_file(path, BUCKET, key)

    def down(self, key, path):
        self.s3.download_file(BUCKET, key, path)


class Minio(Threads):
    def __init__(self, host):
        import minio
        self.s3 = minio.Minio(host, access_key=KEYS[0], secret_key=KEYS[1],
                              secure=False, region=REGION)

    def put(self, key, data):
        self.s3.put_object(bucket_name=BUCKET, object_name=key,
                           data=io.BytesIO(data), length=len(data))

    def get(self, key):
        response = self.s3.get_object(bucket_name=BUCKET, object_name=key)
        try:
            return response.read()
        finally:
            response.close()
            response.release_conn()

    def head(self, key):
        self.s3.stat_object(bucket_name=BUCKET, object_name=key)

    def delete(self, key):
        self.s3.remove_object(bucket_name=BUCKET, object_name=key)

    def list(self):
        return sum(1 for _ in self.s3.list_objects(
            bucket_name=BUCKET, recursive=True))

    def delete_many(self, keys):
        from minio.deleteobjects import DeleteObject
        list(self.s3.remove_objects(
            bucket_name=BUCKET, delete_object_list=map(DeleteObject, keys)))

    def up(self, key, path):
        self.s3.fput_object(bucket_name=BUCKET, object_name=key,
                            file_path=path)

    def down(self, key, path):
        self.s3.fget_object(bucket_name=BUCKET, object_name=key,
                            file_path=path)


class Obstore(Threads):
    def __init__(self, host):
        import obstore
        from obstore.store import S3Store
        self.module, self.s3 = obstore, S3Store(
            BUCKET, endpoint='http://' + host, access_key_id=KEYS[0],
            secret_access_key=KEYS[1], region=REGION,
            virtual_hosted_style_request=False,
            client_options={'allow_http': True})

    def put(self, key, data):
        self.module.put(self.s3, key, data)

    def get(self, key):
        return bytes(self.module.get(self.s3, key).bytes())

    def head(self, key):
        self.module.head(self.s3, key)

    def delete(self, key):
        self.module.delete(self.s3, key)

    def list(self):
        return sum(map(len, self.module.list(self.s3)))

    def delete_many(self, keys):
        self.module.delete(self.s3, keys)

    def up(self, key, path):
        with open(path, 'rb') as file:
            self.module.put(self.s3, key, file)

    def down(self, key, path):
        with open(path, 'wb') as file:
            for block in self.module.get(self.s3, key).stream():
                file.write(block)


class Plain(Threads):
    """http.client and a signature: what a script without a client does."""

    def __init__(self, host):
        import http.client
        self.host, self.http = host, http.client.HTTPConnection(host)

    def ask(self, method, key, data=b''):
        url = 'http://%s/%s/%s' % (self.host, BUCKET, key)
        self.http.request(method, url[len('http://' + self.host):], data,
                          tinys3.sign(method, url, {}, hashlib.sha256(
                              data).hexdigest(), tinys3.Credentials(*KEYS),
                              REGION))
        return self.http.getresponse().read()

    def put(self, key, data):
        self.ask('PUT', key, data)

    def get(self, key):
        return self.ask('GET', key)

    def head(self, key):
        self.ask('HEAD', key)

    def delete(self, key):
        self.ask('DELETE', key)


CLIENTS = {'tinys3': Tinys3, 'boto3': Boto3, 'minio': Minio,
           'obstore': Obstore, 'http.client': Plain}


# ---------------------------------------------------------------------------
# The workloads
# ---------------------------------------------------------------------------

def repeated(verb, *data):
    def work(client, count):
        call = getattr(client, verb)
        for number in range(count):
            call('photos/%d.jpg' % number, *data)
    return work


def threaded(verb, *data):
    def work(client, count):
        client.many(verb, ['photos/%d.jpg' % number
                           for number in range(count)], *data)
    return work


def with_file(verb):
    def work(client, count):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'big')
            with open(path, 'wb') as file:
                file.truncate(BIG)
            for _ in range(count):
                getattr(client, verb)('big', path)
    return work


# What is done, how often, in which unit it is told, what it is.
WORKLOADS = {
    'start': (None, 1, 'ms', 'start: import, make a client'),
    'put': (repeated('put', bytes(SMALL)), 1000, 'us', 'upload 1 KiB'),
    'get': (repeated('get'), 1000, 'us', 'get 1 KiB'),
    'head': (repeated('head'), 1000, 'us', 'head'),
    'delete': (repeated('delete'), 1000, 'us', 'delete'),
    'puts': (threaded('put', bytes(SMALL)), 2000, 'us',
             'upload 1 KiB, 16 threads'),
    'gets': (threaded('get'), 2000, 'us', 'get 1 KiB, 16 threads'),
    'list': (lambda client, count: client.list(), 50000, 'us', 'list a key'),
    'deletes': (lambda client, count: client.delete_many(
        ['photos/%d.jpg' % number for number in range(count)]), 5000, 'us',
        'delete a key of many'),
    'up': (with_file('up'), 2, 'ms', 'upload 64 MiB'),
    'down': (with_file('down'), 2, 'ms', 'download 64 MiB'),
}


def measure(name, workload, host, count):
    """Do the work in this process; print what it cost, in seconds."""
    client = CLIENTS[name](host)
    client.head('warm')                 # connected, and imported
    if workload not in ('list', 'up', 'down'):
        WORKLOADS[workload][0](client, min(count, 20))
    begun, cpu = time.perf_counter(), time.process_time()
    WORKLOADS[workload][0](client, count)
    told = {'cpu': time.process_time() - cpu,
            'wall': time.perf_counter() - begun}
    try:
        import resource
        told['memory'] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    except ImportError:
        pass                            # there is none on Windows
    print(json.dumps(told))


def can(name, workload):
    """Say whether a client can do that: the plain one does the least."""
    return name != 'http.client' or workload in vars(Plain)


STARTS = {
    'tinys3': 'import tinys3; tinys3.Connection("a", "b")',
    'boto3': 'import boto3; boto3.client("s3", aws_access_key_id="a", '
             'aws_secret_access_key="b", region_name="us-east-1")',
    'minio': 'import minio; minio.Minio("localhost", access_key="a", '
             'secret_key="b")',
    'obstore': 'import obstore.store; obstore.store.S3Store("b", '
               'access_key_id="a", secret_access_key="b", region="c")'}


def start(name):
    """Return the seconds of CPU that a program pays which only starts, more
    than one that does not; modules are compiled before, as usual."""
    seconds = [float(subprocess.run(
        [sys.executable, '-c', code + '\nimport time\nprint('
         'time.process_time())'], stdout=subprocess.PIPE, check=True,
        cwd=HERE, env=dict(os.environ, PYTHONDONTWRITEBYTECODE='')).stdout)
        for code in (STARTS[name], STARTS[name], '')]
    return seconds[1] - seconds[2]


def run(name, workload, host, count):
    """Measure in a fresh process; return seconds of CPU for each."""
    if workload == 'start':
        return start(name)
    told = subprocess.run(
        [sys.executable, os.path.abspath(__file__), '--measure', name,
         workload, host, str(count)], stdout=subprocess.PIPE, check=True)
    return json.loads(told.stdout.decode().splitlines()[-1])['cpu'] / count


def installed():
    """Name the clients that there are."""
    modules = {'http.client': 'json'}
    return [name for name in CLIENTS if not subprocess.run(
        [sys.executable, '-c', 'import ' + modules.get(name, name)],
        stderr=subprocess.DEVNULL).returncode]


def compare(clients, workloads, rounds, share):
    """Measure; return by workload and client the seconds of each round."""
    with subprocess.Popen(
            [sys.executable, os.path.abspath(__file__), '--serve',
             str(max(1, int(WORKLOADS['list'][1] * share)))],
            stdout=subprocess.PIPE) as server:
        try:
            host = '127.0.0.1:%d' % int(server.stdout.readline())
            found = {}
            for workload in workloads:
                count = max(1, int(WORKLOADS[workload][1] * share))
                costs = found[workload] = {name: [] for name in clients
                                           if can(name, workload)}
                for _ in range(rounds):
                    for name in costs:
                        costs[name].append(run(name, workload, host, count))
                show(workload, clients, costs)
            return found
        finally:
            server.kill()


# ---------------------------------------------------------------------------
# The table and the chart
# ---------------------------------------------------------------------------

def ratios(costs):
    """Return how many times the CPU of tinys3 each client takes: the median
    over the rounds."""
    return {name: statistics.median(
        theirs / ours for theirs, ours in zip(costs[name], costs['tinys3']))
        for name in costs}


def cost_of(workload, costs):
    unit = WORKLOADS[workload][2]
    return '%.3g %s' % (statistics.median(costs['tinys3']) * (
        1e6 if unit == 'us' else 1e3), unit)


def title(clients):
    columns = ['| what'] + clients
    return '%s |\n| --- %s|' % (' | '.join(columns), '| --- ' * (
        len(columns) - 1))


def show(workload, clients, costs):
    """Print a row of the table."""
    times = ratios(costs)
    print('| %s | %s | %s |' % (
        WORKLOADS[workload][3], cost_of(workload, costs), ' | '.join(
            '%.3g' % times[name] if name in times else ''
            for name in clients if name != 'tinys3')), flush=True)


COLOURS = {'tinys3': '#1a7f37', 'boto3': '#d97706', 'minio': '#c2255c',
           'obstore': '#5f3dc4', 'http.client': '#868e96'}


def place(times):
    """Return where a ratio is, from left to right: the scale doubles."""
    return 230 + 60 * (math.log(max(times, 0.25), 2) + 2)


def chart(found, date):
    """Draw the ratios as an SVG."""
    lines, y = [], 60
    for workload, costs in found.items():
        times = ratios(costs)
        lines.append('<text x="220" y="%d" text-anchor="end">%s</text>' % (
            y + 5 * len(times) + 4, WORKLOADS[workload][3]))
        for name in times:
            lines.append(
                '<rect x="230" y="%d" width="%.1f" height="8" fill="%s">'
                '<title>%s: %.3g</title></rect>' % (
                    y, place(times[name]) - 230, COLOURS[name], name,
                    times[name]))
            y += 10
        y += 12
    for power in range(-2, 7):
        x = place(2 ** power)
        lines.insert(0, '<path d="M%d 45V%d" stroke="#ddd"/><text x="%d" '
                     'y="40" text-anchor="middle">%g</text>' % (
                         x, y, x, 2 ** power))
    for number, name in enumerate(CLIENTS):
        lines.append(
            '<rect x="%d" y="8" width="12" height="12" fill="%s"/>'
            '<text x="%d" y="18">%s</text>' % (
                230 + 100 * number, COLOURS[name], 247 + 100 * number, name))
    lines.append('<text x="230" y="%d">CPU time of the client, tinys3 = 1, '
                 '%s, CPython %s</text>' % (
                     y + 12, date, sys.version.split()[0]))
    return ('<svg xmlns="http://www.w3.org/2000/svg" width="760" height="%d" '
            'font-family="sans-serif" font-size="12"><rect width="100%%" '
            'height="100%%" fill="#fff"/>%s</svg>\n' % (
                y + 24, '\n'.join(lines)))


def main():
    if sys.argv[1:2] == ['--serve']:
        return asyncio.run(serve(int(sys.argv[2])))
    if sys.argv[1:2] == ['--measure']:
        return measure(*sys.argv[2:5], int(sys.argv[5]))
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('workloads', nargs='*', metavar='workload',
                        help='of ' + ', '.join(WORKLOADS))
    parser.add_argument('--only', nargs='+', metavar='CLIENT',
                        choices=list(CLIENTS), help='of ' + ', '.join(CLIENTS))
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--share', type=float, default=1.0,
                        help='of the work: 0.1 is done sooner')
    parser.add_argument('--plot', metavar='FILE.svg')
    options = parser.parse_args()
    for name in set(options.workloads) - set(WORKLOADS):
        parser.error('%s is none of %s' % (name, ', '.join(WORKLOADS)))
    date = time.strftime('%Y-%m-%d')
    clients = ['tinys3'] + [name for name in options.only or installed()
                            if name != 'tinys3']
    print('CPU of tinys3, and how many times that the others take (%s, '
          'CPython %s)\n\n%s' % (date, sys.version.split()[0],
                                 title(clients)), flush=True)
    found = compare(clients, options.workloads or list(WORKLOADS),
                    options.rounds, options.share)
    if options.plot:
        with open(options.plot, 'w') as file:
            file.write(chart(found, date))
        print('\n%s is drawn' % options.plot)


if __name__ == '__main__':
    main()
