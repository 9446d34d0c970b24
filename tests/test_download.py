"""Downloads, against a server on this machine that serves the layout of PhysioNet."""

from __future__ import annotations

import hashlib
import os
import signal
import threading
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import numpy as np
import pytest

from vqvae.datasets import registry, transfer
from vqvae.datasets.download import download

SIZES = {"100.hea": 60, "100.dat": 5000, "data/1.atr": 900, "a b.txt": 1}
FILES = {name: np.random.default_rng(size).bytes(size) for name, size in SIZES.items()}


@dataclass
class Served:
    """What the server holds, how it misbehaves, and what it was asked."""

    files: dict[str, bytes] = field(default_factory=lambda: dict(FILES))
    checksums: str | None = None  # made from the files when None
    ranges: bool = True
    shift: int = 0  # how far off an answer to a range begins
    cut: dict[str, list[int]] = field(default_factory=dict)  # path -> bytes after which each coming answer breaks off
    status: dict[str, list[int]] = field(default_factory=dict)  # path -> status codes of the coming answers
    before_cut: list = field(default_factory=list)  # called before an answer breaks off
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    sent: Counter = field(default_factory=Counter)
    base: str = ""

    def listing(self) -> bytes:
        lines = "".join(f"{hashlib.sha256(body).hexdigest()} {name}\n" for name, body in self.files.items())
        return (lines if self.checksums is None else self.checksums).encode()

    def bodies(self) -> dict[str, bytes]:
        return self.files | {"SHA256SUMS.txt": self.listing()}


class Handler(BaseHTTPRequestHandler):
    """Files, ranges of files, and faults on demand."""

    served: Served

    def do_GET(self):
        path, wanted = unquote(self.path.removeprefix("/files/db/1.0/")), self.headers.get("Range")
        self.served.asked.append((path, wanted))
        body = self.served.bodies().get(path)
        codes = self.served.status.get(path, [])
        if codes or body is None:
            self.send_error(codes.pop(0) if codes else 404)
            return
        start = int(wanted[6:-1]) if wanted and self.served.ranges else 0
        if start >= len(body) > 0:
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start + self.served.shift}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        cuts = self.served.cut.get(path, [])
        part = body[start:][: cuts.pop(0)] if cuts else body[start:]
        self.wfile.write(part)
        self.wfile.flush()
        self.served.sent[path] += len(part)
        if start + len(part) < len(body):
            for action in self.served.before_cut:
                action()
        self.close_connection = True

    def log_message(self, *arguments):
        """Nothing on the screen."""


@pytest.fixture
def served(monkeypatch):
    monkeypatch.setattr(transfer, "_PAUSE", 0.0)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    held = Served()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"served": held}))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    held.base = f"http://127.0.0.1:{server.server_port}/files/db/1.0/"
    yield held
    server.shutdown()
    server.server_close()
    thread.join()


def on_disk(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_download_brings_every_listed_file_and_nothing_else(served, tmp_path):
    paths = download("mitdb", tmp_path / "new" / "folder", served.base)
    assert on_disk(tmp_path / "new" / "folder") == FILES
    assert [str(path.relative_to(tmp_path / "new" / "folder")) for path in paths] == list(FILES)


def test_where_the_list_is_our_own_the_server_is_asked_for_files_only_and_they_are_checked(served, tmp_path, monkeypatch):
    (tmp_path / "own.sha256").write_bytes(served.listing())
    served.checksums = "nonsense"
    monkeypatch.setitem(registry.DATASETS, "own", registry.Dataset("own", "", "", served.base, ".", str(tmp_path / "own.sha256")))
    download("own", tmp_path / "new")
    assert on_disk(tmp_path / "new") == FILES
    assert {path for path, _ in served.asked} == set(FILES)
    served.files["100.hea"] = b"another file"
    with pytest.raises(ValueError, match="checksum"):
        download("own", tmp_path / "again")


def test_a_base_without_a_final_slash_is_the_same_address(served, tmp_path):
    download("mitdb", tmp_path, served.base.rstrip("/"))
    assert on_disk(tmp_path) == FILES


def test_progress_counts_files_up_to_all_of_them(served, tmp_path):
    seen = []
    download("mitdb", tmp_path, served.base, lambda done, total: seen.append((done, total)))
    assert seen == [(k, 4) for k in range(5)]


def test_a_second_download_asks_for_the_list_only(served, tmp_path):
    download("mitdb", tmp_path, served.base)
    served.asked.clear()
    download("mitdb", tmp_path, served.base)
    assert [path for path, _ in served.asked] == ["SHA256SUMS.txt"]


def test_a_file_that_changed_on_disk_is_replaced(served, tmp_path):
    (tmp_path / "100.hea").write_text("mine")
    download("mitdb", tmp_path, served.base)
    assert on_disk(tmp_path) == FILES


def test_a_broken_connection_is_continued_and_no_byte_is_fetched_twice(served, tmp_path):
    served.cut["100.dat"] = [1000, 1500, 1]
    download("mitdb", tmp_path, served.base)
    assert on_disk(tmp_path) == FILES
    assert [wanted for path, wanted in served.asked if path == "100.dat"] == [None, "bytes=1000-", "bytes=2500-", "bytes=2501-"]
    assert served.sent["100.dat"] == 5000


def test_what_one_call_left_the_next_call_continues(served, tmp_path):
    served.cut["100.dat"] = [2000, 0, 0, 0, 0]
    with pytest.raises(ValueError, match=r"100\.dat did not arrive in 4 tries.*run the same command again"):
        download("mitdb", tmp_path, served.base)
    assert on_disk(tmp_path) == {"100.hea": FILES["100.hea"], "100.dat.part": FILES["100.dat"][:2000]}
    served.cut.clear()
    download("mitdb", tmp_path, served.base)
    assert on_disk(tmp_path) == FILES
    assert served.sent["100.dat"] == 5000


def test_a_connection_that_breaks_often_but_moves_on_is_never_given_up(served, tmp_path):
    served.cut["100.dat"] = [100] * 20
    download("mitdb", tmp_path, served.base)
    assert on_disk(tmp_path) == FILES


@pytest.mark.parametrize("cuts", [[3000], [10, 3000, 20, 3000]])
def test_a_server_without_ranges_sends_the_file_from_its_beginning(served, tmp_path, cuts):
    served.ranges, served.cut["100.dat"] = False, cuts
    download("mitdb", tmp_path, served.base)
    assert on_disk(tmp_path) == FILES


def test_an_answer_that_begins_elsewhere_than_asked_is_not_appended(served, tmp_path):
    served.shift, served.cut["100.dat"] = 1, [2000]
    with pytest.raises(ValueError, match="another part than the one asked for"):
        download("mitdb", tmp_path, served.base)
    assert on_disk(tmp_path)["100.dat.part"] == FILES["100.dat"][:2000]


def test_a_server_without_ranges_that_always_breaks_off_is_given_up(served, tmp_path):
    served.ranges, served.cut["100.dat"] = False, [500, 400] * 50
    with pytest.raises(ValueError, match="4 tries"):
        download("mitdb", tmp_path, served.base)
    assert len([path for path, _ in served.asked if path == "100.dat"]) == 5


@pytest.mark.parametrize("left", [FILES["100.dat"], FILES["100.dat"] + b"more", b"x" * 5000])
def test_a_part_as_long_as_the_file_or_longer_does_no_harm(served, tmp_path, left):
    (tmp_path / "100.dat.part").write_bytes(left)
    download("mitdb", tmp_path, served.base)
    assert on_disk(tmp_path) == FILES
    assert served.sent["100.dat"] == (0 if left == FILES["100.dat"] else 5000)


def test_a_part_of_another_file_fails_once_and_is_gone(served, tmp_path):
    (tmp_path / "100.dat.part").write_bytes(b"other")
    with pytest.raises(ValueError, match="checksum"):
        download("mitdb", tmp_path, served.base)
    download("mitdb", tmp_path, served.base)
    assert on_disk(tmp_path) == FILES


def test_a_wrong_byte_is_noticed_and_the_part_deleted(served, tmp_path):
    served.checksums = served.listing().decode()
    served.files["100.dat"] = b"?" + FILES["100.dat"][1:]
    with pytest.raises(ValueError, match=r"100\.dat does not have the checksum"):
        download("mitdb", tmp_path, served.base)
    assert on_disk(tmp_path) == {"100.hea": FILES["100.hea"]}


@pytest.mark.parametrize("name", ["../out.txt", "/etc/out", "a/../../out", "..", "a\\..\\out", "C:out", "a//b", "data/", "a\x01b"])
def test_a_name_that_leads_out_of_the_folder_is_refused_before_anything_is_written(served, tmp_path, name):
    served.checksums = served.listing().decode() + f"{'0' * 64} {name}\n"
    with pytest.raises(ValueError, match="could lie outside the folder"):
        download("mitdb", tmp_path / "in", served.base)
    assert on_disk(tmp_path) == {}


def test_a_link_that_leads_out_of_the_folder_is_refused_before_anything_is_written(served, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "in" / "data").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match="remove the link"):
        download("mitdb", tmp_path / "in", served.base)
    assert on_disk(tmp_path) == {}


@pytest.mark.parametrize(("text", "words"), [("", "empty"), ("<html>404</html>", "<html>404"), ("abc 100.dat", "abc 100")])
def test_a_list_that_is_none_is_refused(served, tmp_path, text, words):
    served.checksums = text
    with pytest.raises(ValueError, match=words):
        download("mitdb", tmp_path, served.base)
    assert on_disk(tmp_path) == {}


def test_a_list_that_is_no_text_or_endless_is_refused(served, tmp_path, monkeypatch):
    monkeypatch.setattr(Served, "listing", lambda self: b"\xff\xfe")
    with pytest.raises(ValueError, match="not a text file"):
        download("mitdb", tmp_path, served.base)
    monkeypatch.setattr(Served, "listing", lambda self: b"0" * 50)
    monkeypatch.setattr("vqvae.datasets.download._LONGEST_LIST", 49)
    with pytest.raises(ValueError, match="longer than 49 bytes"):
        download("mitdb", tmp_path, served.base)


def test_a_list_that_arrives_cut_is_asked_for_again(served, tmp_path):
    served.cut["SHA256SUMS.txt"] = [70, 148]
    download("mitdb", tmp_path, served.base)
    assert on_disk(tmp_path) == FILES


def test_a_missing_list_and_a_missing_file_are_one_sentence_and_asked_for_once(served, tmp_path):
    served.checksums = served.listing().decode()
    del served.files["100.dat"]
    with pytest.raises(ValueError, match=r"100\.dat cannot be had: the server answered 404 Not Found"):
        download("mitdb", tmp_path, served.base)
    with pytest.raises(ValueError, match=r"wrong/SHA256SUMS\.txt cannot be had: the server answered 404"):
        download("mitdb", tmp_path, served.base + "wrong")
    assert Counter(path for path, _ in served.asked)["100.dat"] == 1


def test_a_busy_server_is_asked_again_and_given_up_after_four_tries(served, tmp_path):
    served.status["100.dat"] = [503, 500, 429]
    download("mitdb", tmp_path, served.base)
    assert on_disk(tmp_path) == FILES
    served.status["SHA256SUMS.txt"] = [503] * 9
    with pytest.raises(ValueError, match=r"4 tries .*503 Service Unavailable"):
        download("mitdb", tmp_path, served.base)
    assert len(served.status["SHA256SUMS.txt"]) == 5


def test_no_server_and_a_silent_server_are_one_sentence(served, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match=r"4 tries .*refused"):
        download("mitdb", tmp_path, "http://127.0.0.1:9/")
    monkeypatch.setattr(transfer, "_TIMEOUT", 0.05)
    released = threading.Event()
    served.before_cut.append(lambda: released.wait(2))
    served.cut["100.dat"] = [10, 0, 0, 0, 0]
    with pytest.raises(ValueError, match=r"4 tries .*timed out"):
        download("mitdb", tmp_path, served.base)
    released.set()
    assert on_disk(tmp_path)["100.dat.part"] == FILES["100.dat"][:10]


def test_an_interrupt_keeps_what_has_arrived(served, tmp_path, request):
    part = tmp_path / "100.dat.part"

    def interrupt():
        while not part.exists() or part.stat().st_size < 3000:
            pass
        os.kill(os.getpid(), signal.SIGINT)
        threading.Event().wait(0.5)

    served.cut["100.dat"] = [3000]
    served.before_cut.append(interrupt)
    request.addfinalizer(partial(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, signal.default_int_handler)))
    with pytest.raises(KeyboardInterrupt):
        download("mitdb", tmp_path, served.base)
    assert part.read_bytes() == FILES["100.dat"][:3000]
    served.before_cut.clear()
    download("mitdb", tmp_path, served.base)
    assert on_disk(tmp_path) == FILES
    assert served.sent["100.dat"] == 5000


def test_a_full_disk_and_a_file_in_the_way_are_one_sentence(served, tmp_path):
    (tmp_path / "100.dat.part").symlink_to("/dev/full")
    with pytest.raises(ValueError, match=r"100\.dat\.part cannot be written: No space left on device; free space"):
        download("mitdb", tmp_path, served.base)
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"cannot be written: .*choose another folder"):
        download("mitdb", tmp_path / "file", served.base)


@pytest.mark.parametrize("base", ["file:///etc/", "ftp://127.0.0.1/", "physionet.org/files"])
def test_only_web_addresses_are_asked(tmp_path, base):
    with pytest.raises(ValueError, match="https://"):
        download("mitdb", tmp_path, base)
