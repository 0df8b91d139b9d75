"""The checks that need neither a network nor pytest, with warnings as errors.

Runs on any Python from 3.6: python .ci/pure.py
"""

import calendar
import contextlib
import hashlib
import inspect
import io
import os
import pickle
import platform
import sys
import urllib.parse
import warnings
import zlib

warnings.simplefilter("error")

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, ROOT)

# Compiled here too: the import below could be served from a cached .pyc, whose
# warnings were given when it was written.
with open(os.path.join(ROOT, "tinys3.py"), encoding="utf-8") as source:
    compile(source.read(), "tinys3.py", "exec", dont_inherit=True)

import tinys3  # noqa: E402

checks = 0


def check(condition, *shown):
    global checks
    assert condition, shown
    checks += 1


# The examples that AWS publishes for Signature Version 4 in S3.
CREDENTIALS = tinys3.Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
HOST = "https://examplebucket.s3.amazonaws.com"
NOW = calendar.timegm((2013, 5, 24, 0, 0, 0))
SCOPE = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"

EXAMPLES = [
    ("GET", "/test.txt", {"Range": "bytes=0-9"}, b"",
     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
    ("PUT", "/test%24file.text",
     {"Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
     b"Welcome to Amazon S3.",
     "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
    ("GET", "/?lifecycle", {}, b"",
     "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
    ("GET", "/?max-keys=2&prefix=J", {}, b"",
     "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
]

for method, path, headers, body, signature in EXAMPLES:
    sent = tinys3.sign(method, HOST + path, headers, hashlib.sha256(body).hexdigest(),
                       CREDENTIALS, "us-east-1", now=NOW)
    sent = {name.lower(): value for name, value in sent.items()}
    authorization = sent["authorization"]
    check(authorization.startswith("AWS4-HMAC-SHA256 Credential=" + SCOPE), authorization)
    check(authorization.endswith("Signature=" + signature), method, path, authorization)
    check(sent["x-amz-date"] == "20130524T000000Z", sent)

url = tinys3.presign_url("GET", HOST + "/test.txt", CREDENTIALS, "us-east-1", 86400, now=NOW)
check(url.startswith(HOST + "/test.txt?"), url)
check(urllib.parse.parse_qs(urllib.parse.urlsplit(url).query, strict_parsing=True) == {
    "X-Amz-Algorithm": ["AWS4-HMAC-SHA256"],
    "X-Amz-Credential": [SCOPE],
    "X-Amz-Date": ["20130524T000000Z"],
    "X-Amz-Expires": ["86400"],
    "X-Amz-SignedHeaders": ["host"],
    "X-Amz-Signature": ["aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"],
}, url)

# A session token is part of what is signed.
temporary = tinys3.Credentials("a", "s", "the+token/=")
url = tinys3.presign_url("GET", HOST + "/test.txt", temporary, "us-east-1", 60, now=NOW)
check("X-Amz-Security-Token=the%2Btoken%2F%3D" in url, url)

# Keys are percent-encoded as UTF-8, all but the slash and the unreserved ones.
url = tinys3.Connection("a", "s").presign("k \u00e4+/x", "bucket")
check("/k%20%C3%A4%2B/x?" in url, url)

# XML is read, its traps are refused.
root = tinys3._xml(b' <?xml version="1.0"?><a xmlns="x"><b>1&amp;2</b><b>&#x1;</b></a>')
check([each.content for each in root.all("b")] == ["1&2", "\x01"], root)
for trap in (b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", b"<a><b></a>", b"", b"<a>" * 99):
    try:
        tinys3._xml(trap)
    except ValueError:
        check(True)
    else:
        check(False, trap)

# Every kind of source gives its bytes, whole and in parts.
data = bytes(range(256)) * 40
for source in (data, bytearray(data), memoryview(data), io.BytesIO(data),
               iter([data[:7], b"", data[7:]]), __file__):
    expected = data
    if source is __file__:
        with open(__file__, "rb") as file:
            expected = file.read()
    whole = tinys3._Source(source)
    parts = [part.join() for part in whole.parts([1000] * 99)]
    whole.close()
    check(b"".join(parts) == expected, source)
    check({len(part) for part in parts[:-1]} <= {1000}, source)
body = tinys3._Body(b"123456789")
check(body.digest("crc32") == b"\xcb\xf4\x39\x26")
check(tinys3._combined_crc32([(zlib.crc32(b"1234"), 4), (zlib.crc32(b"56789"), 5)])
      == zlib.crc32(b"123456789"))

# Errors cross process boundaries.
errors = [value for _, value in inspect.getmembers(tinys3, inspect.isclass)
          if issubclass(value, Exception) and value.__module__ == "tinys3"]
check(tinys3.NotFound in errors, errors)
for error in errors:
    before = error("the message")
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        after = pickle.loads(pickle.dumps(before, protocol))
        check(type(after) is error, error, protocol)
        check(str(after) == str(before) and vars(after) == vars(before), error, protocol)

# The command line: help is 0, a command that does not exist is 2.
for argv, expected in [(["--help"], 0), (["no-such-command"], 2), (["--no-such-option"], 2)]:
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        try:
            code = tinys3.main(argv)
        except SystemExit as stop:
            code = stop.code
    check((code or 0) == expected, argv, code, output.getvalue())
    check("usage" in output.getvalue().lower(), argv, output.getvalue())

print("pure.py: %d checks hold on %s %s"
      % (checks, platform.python_implementation(), platform.python_version()))
