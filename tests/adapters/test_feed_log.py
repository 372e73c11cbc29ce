"""The feed log, the feed bucket and the lines queue: fakes and AWS adapters keep one contract."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import boto3
import pytest

from chalicelib.adapters.dynamodb.feed_log import FeedLogTable
from chalicelib.adapters.line_queue import SqsLineQueue
from chalicelib.adapters.s3_feeds import S3FeedStore
from chalicelib.domain.errors import KickerError, NotFound
from chalicelib.feeds.chunks import ChunkCounts, FileTag, chunked, decode
from chalicelib.feeds.rejected import rejected
from chalicelib.feeds.taken import TakenFile
from tests.fakes.feeds import FakeFeedBook, FakeFeedStore, FakeLineQueue
from tests.feeds.reading_of import an_item, items, reading_of

AT = datetime(2026, 11, 2, 6, 10, tzinfo=UTC)


@pytest.fixture(params=["fake", "dynamodb"])
def book(request):
    if request.param == "fake":
        return FakeFeedBook()
    return FeedLogTable(request.getfixturevalue("tables"), "kicker-ops")


@pytest.fixture(params=["fake", "s3"])
def drop(request):
    """(store, a function that stores a file and returns its version)."""
    if request.param == "fake":
        store = FakeFeedStore()
        return store, store.drop
    request.getfixturevalue("aws")
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="feeds")
    s3.put_bucket_versioning(Bucket="feeds", VersioningConfiguration={"Status": "Enabled"})
    return S3FeedStore(s3, "feeds"), lambda key, body: s3.put_object(Bucket="feeds", Key=key, Body=body)["VersionId"]


@pytest.fixture(params=["fake", "sqs"])
def queue(request):
    """(queue, a function that returns every body in it)."""
    if request.param == "fake":
        fake = FakeLineQueue()
        return fake, lambda: fake.bodies
    request.getfixturevalue("aws")
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="lines")["QueueUrl"]

    def bodies() -> list[str]:
        found: list[str] = []
        while got := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += [m["Body"] for m in got]
        return found

    return SqsLineQueue(sqs, url), bodies


def a_file(sha: str = "a" * 64, key: str = "feeds/ingram/a.csv", at: datetime = AT) -> TakenFile:
    return TakenFile(key, "v1", sha, "p", f"reports/{key}.json", at, at.date(), at, at, 3, 2)


def test_a_feed_that_never_reported_is_known_to_be_so(book):
    assert book.complete_to("ingram") is None
    assert book.state("ingram") is None
    assert book.taken("ingram", "a" * 64) is None
    assert (book.states(), book.files("ingram", 5), list(book.profiles())) == ([], [], [])


def test_the_watermark_keeps_the_latest_day(book):
    for day in (3, 9, 9, 5):
        book.complete("ingram", date(2026, 10, day))
    assert book.complete_to("ingram") == date(2026, 10, 9)
    assert book.complete_to("pax8") is None


def test_a_taken_file_is_found_by_its_content_and_the_first_stays(book):
    book.take("ingram", a_file())
    book.take("ingram", a_file(key="feeds/ingram/b.csv"))
    assert book.taken("ingram", "a" * 64) == a_file()
    assert book.taken("pax8", "a" * 64) is None


def test_the_state_of_a_feed_tells_when_it_last_reported(book):
    book.take("ingram", a_file())
    book.take("ingram", a_file("b" * 64, "feeds/ingram/old.csv", AT - timedelta(days=3)))
    book.complete("ingram", date(2026, 11, 1))
    state = book.state("ingram")
    assert (state.reported_at, state.as_of, state.last_file) == (AT, AT, "feeds/ingram/a.csv")
    assert state.complete_to == date(2026, 11, 1)
    assert book.states() == [state]
    assert [f.key for f in book.files("ingram", 5)] == ["feeds/ingram/a.csv", "feeds/ingram/old.csv"]
    assert len(book.files("ingram", 1)) == 1


def test_quarantined_rows_are_kept_once_in_file_order(book):
    rows = [rejected("a.csv", n, "quantity", f"x{n}\0", "no number") for n in range(120)]
    for _ in range(2):
        book.quarantine("feeds/ingram/a.csv", "c" * 64, 0, rows[:100], AT)
        book.quarantine("feeds/ingram/a.csv", "c" * 64, 100, rows[100:], AT)
    assert book.quarantined("feeds/ingram/a.csv") == rows


@pytest.mark.parametrize("chunks", [1, 3, 6, 7, 14])
def test_the_last_chunk_of_a_file_gets_the_sum_of_all(book, chunks, monkeypatch):
    monkeypatch.setattr("chalicelib.adapters.dynamodb.feed_log._SHARD", 6)  # as with 200, in less time
    tag = FileTag("feeds/ingram/a.csv", "ingram", "d" * 64, chunks, date(2026, 11, 1))
    order = [*range(2, chunks + 1), 1]
    sums = [book.count_chunk(tag, n, ChunkCounts(scored=n, pending=1), AT) for n in order]
    assert sums[:-1] == [None] * (chunks - 1)
    assert sums[-1] == ChunkCounts(scored=chunks * (chunks + 1) // 2, pending=chunks)


def test_a_chunk_counted_again_keeps_its_first_counts(book):
    tag = FileTag("feeds/ingram/a.csv", "ingram", "e" * 64, 2, date(2026, 11, 1))
    assert book.count_chunk(tag, 1, ChunkCounts(scored=25), AT) is None
    assert book.count_chunk(tag, 1, ChunkCounts(duplicate=25), AT) is None
    assert book.count_chunk(tag, 2, ChunkCounts(unmatched=4), AT) == ChunkCounts(scored=25, unmatched=4)
    assert book.count_chunk(tag, 2, ChunkCounts(duplicate=4), AT) == ChunkCounts(scored=25, unmatched=4)


def test_profiles_come_from_the_configuration(tables):
    import json

    from tests.feeds.test_profiles import GERMAN

    item = {"pk": {"S": "CONFIG#feed-profile"}, "sk": {"S": "also-csv"}, "body": {"S": json.dumps(GERMAN)}}
    tables.put_item(TableName="kicker-ops", Item=item)
    assert [p.id for p in FeedLogTable(tables, "kicker-ops").profiles()] == ["also-csv"]


def test_a_version_is_read_again_although_the_file_was_replaced(drop):
    store, put = drop
    first = put("feeds/ingram/a b+c.csv", b"first" * 100_000)
    opened = store.open("feeds/ingram/a b+c.csv", first)
    assert b"".join(opened.chunks()) == b"first" * 100_000
    put("feeds/ingram/a b+c.csv", b"second")
    assert b"".join(opened.chunks()) == b"first" * 100_000
    assert b"".join(store.open("feeds/ingram/a b+c.csv", "").chunks()) == b"second"


def test_a_missing_file_is_not_found(drop):
    store, _ = drop
    with pytest.raises(NotFound, match="deleted before it was read"):
        store.open("feeds/ingram/gone.csv", "")


def test_a_bucket_without_versions_fails_when_the_file_changes_between_readings(aws):
    from botocore.exceptions import ClientError

    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="feeds")
    s3.put_object(Bucket="feeds", Key="a", Body=b"one")
    opened = S3FeedStore(s3, "feeds").open("a", "")
    assert b"".join(opened.chunks()) == b"one"
    s3.put_object(Bucket="feeds", Key="a", Body=b"two")
    with pytest.raises(ClientError):
        list(opened.chunks())


def test_every_chunk_arrives_whole(queue):
    lines_queue, bodies = queue
    lines = reading_of(items(*[an_item(n, company="Ł" * 240, po="P" * 100) for n in range(330)])).lines
    tag = FileTag("feeds/ingram/a.csv", "ingram", "f" * 64, 14, date(2026, 11, 1))
    chunks = list(chunked(tag, lines))
    lines_queue.send(chunks)
    assert sorted((decode(b) for b in bodies()), key=lambda c: c.number) == chunks


class _Stubborn:
    """An SQS client that takes nothing of message "0"."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def send_message_batch(self, QueueUrl, Entries):  # noqa: N803 - boto3's names
        self.calls.append([e["Id"] for e in Entries])
        return {"Failed": [{"Id": e["Id"], "Message": "throttled"} for e in Entries if e["Id"] == "0"]}


def test_what_the_queue_refuses_is_sent_again_and_then_raised():
    lines = reading_of(items(*[an_item(n) for n in range(50)])).lines
    chunks = list(chunked(FileTag("feeds/i/a.csv", "i", "f" * 64, 2, date(2026, 11, 1)), lines))
    client = _Stubborn()
    with pytest.raises(KickerError, match="refused 1 chunks"):
        SqsLineQueue(client, "url").send(chunks)
    assert client.calls == [["0", "1"], ["0"], ["0"], ["0"]]
