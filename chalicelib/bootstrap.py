"""Where adapters meet services: the stores, queues and clients of this deployment, and what scores.

Each function builds one part or one use case from the settings. `bootstrap_api`, `bootstrap_money` and
`bootstrap_salesforce` build the rest out of these parts; nothing else knows both sides. Imports happen inside the
functions: a cold start pays only for what its trigger needs. What is built is kept for the life of the container.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.settings import Settings

if TYPE_CHECKING:
    from chalicelib.adapters.dynamodb.aliases import AliasTable
    from chalicelib.adapters.dynamodb.core import DynamoCore
    from chalicelib.adapters.dynamodb.disputes import DisputeTable
    from chalicelib.adapters.dynamodb.feed_log import FeedLogTable
    from chalicelib.adapters.dynamodb.money import MoneyTable
    from chalicelib.adapters.dynamodb.people import PeopleTable
    from chalicelib.adapters.dynamodb.programs import ProgramTable
    from chalicelib.adapters.dynamodb.sweeps import SweepTable
    from chalicelib.adapters.dynamodb.work import WorkListTable
    from chalicelib.adapters.field_mappings import FieldMappings
    from chalicelib.adapters.notifications import SesMailbox
    from chalicelib.adapters.payout_queue import SqsPayoutQueue
    from chalicelib.adapters.rescore_queue import RescoreQueue
    from chalicelib.adapters.retry_queue import SqsRetryQueue
    from chalicelib.adapters.s3_files import S3Files
    from chalicelib.adapters.secrets import Secrets
    from chalicelib.services.boards import Boards
    from chalicelib.services.read_feed import FeedReader
    from chalicelib.services.replays import Replays
    from chalicelib.services.rescore import Rescorer
    from chalicelib.services.retry_lines import LineRetry
    from chalicelib.services.reward_port import RewardProvider
    from chalicelib.services.score_lines import LineScorer
    from chalicelib.services.score_registration import RegistrationScorer
    from chalicelib.services.start_program import StartProgram


@lru_cache(maxsize=1)
def settings() -> Settings:
    """This deployment's settings."""
    return Settings.read()


@lru_cache(maxsize=1)
def _session() -> Any:
    from botocore.session import get_session  # here: a cold start that needs no AWS call does not pay for it

    from chalicelib.adapters.whole_answers import refuse_cut_answers

    session = get_session()
    refuse_cut_answers(session)
    return session


@lru_cache(maxsize=8)
def client(service: str) -> Any:
    """A botocore client, made once; `AWS_ENDPOINT_URL` is honoured, so every stack is reached the same way."""
    # Botocore itself: boto3 would add its S3 transfer threads, 20 ms of every cold start, for nothing we call.
    from botocore.config import Config

    # 2 s to connect, 10 s to read, four tries: a score must end well inside its function's timeout.
    return _session().create_client(
        service,
        config=Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 4}),
    )


# --- programs ---------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def programs() -> ProgramTable:
    """Program drafts, versions and the registry of active ones; versions are kept once read."""
    from chalicelib.adapters.dynamodb.programs import ProgramTable

    return ProgramTable(client("dynamodb"), settings().ops_table)


@lru_cache(maxsize=1)
def start_program() -> StartProgram:
    """Activates a program and lets follow what follows."""
    from chalicelib.services.start_program import StartProgram

    return StartProgram(programs(), people(), roster(), rescore_queue())


@lru_cache(maxsize=1)
def aliases() -> AliasTable:
    """What distributors call products; kept until the registry says that they changed."""
    from chalicelib.adapters.dynamodb.aliases import AliasTable

    return AliasTable(client("dynamodb"), settings().ops_table)


# --- scoring ----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def core() -> DynamoCore:
    """Deal books, ledger and standings; also the roster."""
    from chalicelib.adapters.dynamodb.core import DynamoCore

    where = settings()
    return DynamoCore(client("dynamodb"), where.core_table, where.ops_table, programs(), aliases().aliases_for)


def roster() -> DynamoCore:
    """Standings and what the close needs of them."""
    return core()


@lru_cache(maxsize=1)
def line_scorer() -> LineScorer:
    """Matches and scores order lines."""
    from chalicelib.adapters.pause import jittered
    from chalicelib.services.score_lines import LineScorer

    return LineScorer(core(), jittered)


@lru_cache(maxsize=1)
def registration_scorer() -> RegistrationScorer:
    """Commits and scores registrations."""
    from chalicelib.adapters.pause import jittered
    from chalicelib.services.score_registration import RegistrationScorer

    return RegistrationScorer(core(), line_scorer().match_again, jittered)


@lru_cache(maxsize=1)
def rescorer() -> Rescorer:
    """Settles deal books again."""
    from chalicelib.adapters.pause import jittered
    from chalicelib.services.rescore import Rescorer

    return Rescorer(core(), jittered)


@lru_cache(maxsize=1)
def retry_queue() -> SqsRetryQueue:
    """Asks for lines to be decided again."""
    from chalicelib.adapters.retry_queue import SqsRetryQueue

    return SqsRetryQueue(client("sqs"), settings().lines_queue_url)


@lru_cache(maxsize=1)
def line_retry() -> LineRetry:
    """Decides the lines again that an alias touches."""
    from chalicelib.services.retry_lines import LineRetry

    return LineRetry(core(), line_scorer().match_again, retry_queue())


@lru_cache(maxsize=1)
def rescore_queue() -> RescoreQueue:
    """Asks for reps to be settled again later."""
    from chalicelib.adapters.rescore_queue import RescoreQueue

    return RescoreQueue(client("sqs"), settings().lines_queue_url)


@lru_cache(maxsize=1)
def boards() -> Boards:
    """Leaderboard snapshots, and the reads beside them."""
    from chalicelib.services.boards import Boards

    return Boards(core())


@lru_cache(maxsize=1)
def replays() -> Replays:
    """What a program would have paid over past facts."""
    from chalicelib.adapters.dynamodb.replays import ReplayTable
    from chalicelib.adapters.replay_queue import SqsReplayQueue
    from chalicelib.services.replays import Replays

    jobs = ReplayTable(client("dynamodb"), settings().ops_table)
    queue = SqsReplayQueue(client("sqs"), settings().lines_queue_url)
    return Replays(jobs, queue, programs(), core(), roster(), people(), report_files())


# --- Salesforce -------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def secrets() -> Secrets:
    """Secrets of this deployment, kept for five minutes."""
    from chalicelib.adapters.secrets import Secrets

    return Secrets(client("secretsmanager"), settings().secrets_prefix)


@lru_cache(maxsize=1)
def field_mappings() -> FieldMappings:
    """How Salesforce objects become registrations: bundled, or the org's own."""
    from chalicelib.adapters.field_mappings import FieldMappings

    return FieldMappings(client("dynamodb"), settings().ops_table)


@lru_cache(maxsize=1)
def people() -> PeopleTable:
    """Names and addresses of Salesforce users."""
    from chalicelib.adapters.dynamodb.people import PeopleTable

    return PeopleTable(client("dynamodb"), settings().ops_table)


@lru_cache(maxsize=1)
def work_list() -> WorkListTable:
    """What a person must look at."""
    from chalicelib.adapters.dynamodb.work import WorkListTable

    return WorkListTable(client("dynamodb"), settings().ops_table)


@lru_cache(maxsize=1)
def sweeps() -> SweepTable:
    """Cursors and last reports of the sweep."""
    from chalicelib.adapters.dynamodb.sweeps import SweepTable

    return SweepTable(client("dynamodb"), settings().ops_table)


# --- feeds ------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def feed_log() -> FeedLogTable:
    """Watermarks, files taken, chunks counted, quarantine."""
    from chalicelib.adapters.dynamodb.feed_log import FeedLogTable

    return FeedLogTable(client("dynamodb"), settings().ops_table)


@lru_cache(maxsize=1)
def feed_reader() -> FeedReader:
    """Reads a dropped file and hands its lines over to scoring."""
    from chalicelib.adapters.line_queue import SqsLineQueue
    from chalicelib.adapters.s3_feeds import S3FeedStore
    from chalicelib.services.read_feed import FeedReader

    where = settings()
    return FeedReader(
        S3FeedStore(client("s3"), where.feed_bucket),
        SqsLineQueue(client("sqs"), where.lines_queue_url),
        feed_log(),
        report_files(),
        work_list(),
    )


# --- money ------------------------------------------------------------------------------------------------------


def provider(name: str) -> RewardProvider:
    """The reward provider a program names, with the secrets of now (they rotate, so it is not kept; use one for a
    whole batch). Raises: NotFound for a name that is not in PROVIDERS; Misconfigured."""
    from chalicelib.adapters.rewards import PROVIDERS, Surroundings
    from chalicelib.domain.errors import NotFound

    if name not in PROVIDERS:
        raise NotFound(f'There is no reward provider "{name}". Known are: {", ".join(PROVIDERS)}.')
    return PROVIDERS[name](Surroundings(settings(), client, lambda secret: secrets().get(secret)))


@lru_cache(maxsize=1)
def mailbox() -> SesMailbox:
    """Outgoing e-mail, from the deployment's sender."""
    from chalicelib.adapters.notifications import SesMailbox

    return SesMailbox(client("ses"), settings().sender_email)


@lru_cache(maxsize=1)
def report_files() -> S3Files:
    """The report bucket."""
    from chalicelib.adapters.s3_files import S3Files

    return S3Files(client("s3"), settings().report_bucket)


@lru_cache(maxsize=1)
def money() -> MoneyTable:
    """Periods, runs, payouts, debts, webhooks seen, breaks."""
    from chalicelib.adapters.dynamodb.money import MoneyTable

    return MoneyTable(settings().money_table, client("dynamodb").meta.region_name)


@lru_cache(maxsize=1)
def payout_queue() -> SqsPayoutQueue:
    """Where approved payouts wait for `pay`."""
    from chalicelib.adapters.payout_queue import SqsPayoutQueue

    return SqsPayoutQueue(client("sqs"), settings().payouts_queue_url)


@lru_cache(maxsize=1)
def disputed() -> DisputeTable:
    """Where disputes lie."""
    from chalicelib.adapters.dynamodb.disputes import DisputeTable

    return DisputeTable(client("dynamodb"), settings().money_table)
