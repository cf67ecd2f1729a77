"""Asking S3 to bring an object back from a storage class that cannot be read (Glacier), which takes minutes to days.

The one request that obstore does not have: RestoreObject, signed by AWS Signature Version 4 (AWS, "Signature Version 4
signing process"; S3 API Reference, RestoreObject).
"""

import hashlib
import hmac
import os
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

import httpx

DAYS = 7  # for which the copy that S3 makes can be read; the file is fetched at once
BODY = (
    '<RestoreRequest xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    f"<Days>{DAYS}</Days><GlacierJobParameters><Tier>Standard</Tier></GlacierJobParameters></RestoreRequest>"
).encode()
GOING_ON = 409
SECONDS = 30.0


def ask_restore(bucket: str, key: str, options: dict[str, str]) -> None:
    """Ask once; asking again while it goes on is no error. Raises httpx.HTTPError, also for a refusal.

    options: the AWS_* settings of the store in lower case; what is missing is taken from the environment.
    """
    region = _setting(options, "aws_region") or "us-east-1"
    endpoint = _setting(options, "aws_endpoint_url")
    address = f"{endpoint.rstrip('/')}/{bucket}" if endpoint else f"https://{bucket}.s3.{region}.amazonaws.com"
    parts = urlsplit(f"{address}/{quote(key, safe='/-_.~')}")
    headers = {
        "host": parts.netloc,
        "x-amz-content-sha256": hashlib.sha256(BODY).hexdigest(),
        "x-amz-date": datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"),
    }
    if token := _setting(options, "aws_session_token"):
        headers["x-amz-security-token"] = token
    headers["authorization"] = _authorization(parts.path, headers, region, options)
    answer = httpx.post(f"{parts.geturl()}?restore=", content=BODY, headers=headers, timeout=SECONDS)
    if answer.status_code != GOING_ON:
        answer.raise_for_status()


def _authorization(path: str, headers: dict[str, str], region: str, options: dict[str, str]) -> str:
    """The header of that name for `POST path?restore=`."""
    signed = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = f"POST\n{path}\nrestore=\n{lines}\n{signed}\n{headers['x-amz-content-sha256']}"
    scope = f"{headers['x-amz-date'][:8]}/{region}/s3/aws4_request"
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{headers['x-amz-date']}\n{scope}\n{digest}"
    key = f"AWS4{_setting(options, 'aws_secret_access_key')}".encode()
    for part in (*scope.split("/"), text):
        key = hmac.digest(key, part.encode(), "sha256")
    name = _setting(options, "aws_access_key_id")
    return f"AWS4-HMAC-SHA256 Credential={name}/{scope}, SignedHeaders={signed}, Signature={key.hex()}"


def _setting(options: dict[str, str], name: str) -> str:
    return options.get(name) or os.environ.get(name.upper(), "")
