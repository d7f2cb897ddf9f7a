"""Trees and files to and from a server elsewhere, streamed: uploads for seeds, downloads of exports."""

from __future__ import annotations

import http.client
import json
import os
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, cast
from urllib.parse import urlsplit

from ._failures import PyroError
from ._remote import Connection, refused

PIECE_BYTES = 256 * 1024
ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.zst")


class _Chunks:
    """What is written goes out as chunks of an HTTP body."""

    def __init__(self, connection: http.client.HTTPConnection) -> None:
        self.connection = connection

    def write(self, data: bytes) -> int:
        if data:
            self.connection.send(b"%x\r\n%b\r\n" % (len(data), bytes(data)))
        return len(data)


def upload(url: str, path: str | os.PathLike[str]) -> None:
    """Sends a directory as a tar, or an archive as it is."""
    source = os.path.realpath(os.path.expanduser(path))
    if os.path.isdir(source):
        _put(url, lambda body: _pack(source, body))
    elif os.path.isfile(source) and source.endswith(ARCHIVES):
        _put(url, lambda body: _copy(source, body))
    else:
        hint = f"name a directory or a file that ends in one of {', '.join(ARCHIVES)}"
        raise PyroError("missing", f"{os.fspath(path)} is no directory and no archive", hint)


def download(url: str, to: Path, unpack: bool) -> Path:
    """Fetches a download to a new file, or its tar's contents to a new directory."""
    if to.exists() or to.is_symlink():
        raise PyroError("conflict", f"{to} exists", "name a new path")
    split = urlsplit(url)
    connection = Connection(split)
    connection.connect()
    try:
        connection.http.request("GET", split.path)
        response = connection.http.getresponse()
        if response.status != 200:
            raise refused(connection.where, response.status, response.read())
        if unpack:
            _unpack(response, to)
        else:
            _save(connection, response, to)
    except (http.client.HTTPException, ConnectionError) as error:
        raise connection.broke(error) from None
    except OSError as error:
        raise PyroError("invalid", f"{to} cannot be written: {error.strerror or error}") from error
    finally:
        connection.http.close()
    return to


def _put(url: str, fill: Callable[[_Chunks], None]) -> None:
    split = urlsplit(url)
    connection = Connection(split)
    connection.connect()
    try:
        connection.http.putrequest("PUT", split.path)
        connection.http.putheader("Transfer-Encoding", "chunked")
        connection.http.putheader("Content-Type", "application/x-tar")
        connection.http.endheaders()
        try:
            fill(_Chunks(connection.http))
            connection.http.send(b"0\r\n\r\n")
        except ConnectionError:
            # It refused before all was sent; its answer says why.
            pass
        response = connection.http.getresponse()
        body = response.read()
        if response.status != 201:
            raise refused(connection.where, response.status, body)
        json.loads(body)
    except (http.client.HTTPException, ConnectionError, ValueError) as error:
        raise connection.broke(error) from None
    finally:
        connection.http.close()


def _pack(source: str, body: _Chunks) -> None:
    try:
        with tarfile.open(fileobj=cast("IO[bytes]", body), mode="w|", bufsize=PIECE_BYTES) as tar:

            def plain(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
                # Names of this host's users mean nothing in a guest, and what was sent need not be remembered.
                member.uname = member.gname = ""
                tar.members.clear()  # type: ignore[attr-defined]
                return member if member.isreg() or member.isdir() or member.issym() or member.islnk() else None

            tar.add(source, arcname=".", filter=plain)
    except ConnectionError:
        raise
    except OSError as error:
        raise PyroError("invalid", f"{source} cannot be read whole: {error}") from error


def _copy(source: str, body: _Chunks) -> None:
    try:
        with open(source, "rb") as archive:
            while piece := archive.read(PIECE_BYTES):
                body.write(piece)
    except ConnectionError:
        raise
    except OSError as error:
        raise PyroError("invalid", f"{source} cannot be read whole: {error}") from error


def _save(connection: Connection, response: http.client.HTTPResponse, to: Path) -> None:
    written = 0
    # Beside its place, and there only when it is whole.
    with tempfile.NamedTemporaryFile(dir=to.parent, prefix=f".{to.name}.", delete=False) as file:
        try:
            while piece := response.read(PIECE_BYTES):
                written += file.write(piece)
            length = response.getheader("Content-Length")
            if length is not None and written != int(length):
                raise connection.broke(EOFError(f"{written} of {length} bytes came"))
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(file.name, 0o666 & ~umask)
            os.rename(file.name, to)
        except BaseException:
            os.unlink(file.name)
            raise


def _unpack(response: http.client.HTTPResponse, to: Path) -> None:
    if not hasattr(tarfile, "data_filter"):
        hint = "fetch it as a file, and unpack it with tar"
        raise PyroError("unavailable", "this Python cannot unpack what a guest packed without danger", hint)
    to.mkdir()
    try:
        with tarfile.open(fileobj=response, mode="r|", bufsize=PIECE_BYTES) as tar:
            tar.extractall(to, filter="data")
        # A tar's end comes before its body's: padding, and whether it was whole.
        while response.read(PIECE_BYTES):
            pass
    except tarfile.FilterError as error:
        hint = f"what came until then lies in {to}; fetch it as a file, and look at it with tar"
        raise PyroError("denied", f"the download leads outside of its directory: {error}", hint) from None
    except tarfile.TarError as error:
        raise PyroError("unavailable", f"the download is no whole tar: {error}", "export it again") from None
