"""The backend's commands: workers, the database, checks of certificates, and learners' gains.

Each loads only what it needs: the page's first visitor waits while workers start.
"""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Sequence

from backend.errors import BackendError
from backend.settings import settings

# Dask watches itself for its dashboard, which nobody sees here; what it takes, runs would miss.
QUIET_DASK = {
    "LOGGING__DISTRIBUTED": "warning",
    "DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "DISTRIBUTED__ADMIN__TICK__INTERVAL": "1s",
    "DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL": "5s",
    "DISTRIBUTED__ADMIN__SYSTEM_MONITOR__GIL__ENABLED": "False",
}


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line, parsed."""
    parser = argparse.ArgumentParser(prog="python -m backend", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    worker = commands.add_parser(
        "worker",
        help="one more worker, on any machine",
        description="Join a Dask scheduler and compute runs. It needs the same DATABASE_URL as the "
        "pages. Start one for each core.",
    )
    worker.add_argument("--scheduler", required=True, metavar="ADDRESS", help="tcp://host:port")
    cluster = commands.add_parser(
        "cluster",
        help="a scheduler with workers on this machine, until standard input ends",
        description="What the pages start for themselves when PIP_SCHOOL_SCHEDULER is not set. "
        "Writes the scheduler's address as a line of JSON.",
    )
    cluster.add_argument("--workers", type=int, default=settings().workers, metavar="COUNT")
    commands.add_parser(
        "upgrade",
        help="bring the database's tables up to date",
        description="Bring the tables up to date. The pages do so themselves when they start.",
    )
    verify = commands.add_parser(
        "verify",
        help="check a certificate, without any network",
        description="Check the signature of a certificate, that it is in force, and that it was "
        "not revoked. Exits with 0 only if it can be relied on.",
    )
    verify.add_argument("file", metavar="FILE", help="the .jwt file")
    verify.add_argument(
        "--key", default="", metavar="PUBLIC", help="did:key of the school; this one's by default"
    )
    verify.add_argument(
        "--revoked", default="", metavar="FILE", help="/api/revocations of the school, saved"
    )
    commands.add_parser(
        "gains",
        help="what learners gained, concept by concept, as CSV",
        description="Write CSV: for each concept the share of right first answers before and after "
        "the chapters that teach it, and the normalised gain. It names nobody and no time, leaves "
        "out concepts that few learners met, and says how few. Two files written one after the "
        "other can still tell what was added between them, so do not hand on both.",
    )
    return parser.parse_args(given)


def main() -> int:
    """Run one command."""
    options = arguments()
    for name, value in QUIET_DASK.items():
        os.environ.setdefault(f"DASK_{name}", value)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        if options.command == "upgrade":
            from backend.database import REVISION, current

            current().prepare()
            sys.stdout.write(f"The database is at revision {REVISION}.\n")
        elif options.command == "verify":
            from backend.certificates import main as verify

            return verify(options.file, options.key, options.revoked)
        elif options.command == "gains":
            _gains()
        elif options.command == "cluster":
            from backend.supervisor import end_with_parent, supervise

            end_with_parent()
            asyncio.run(supervise(options.workers))
        else:
            from backend.worker_process import work

            work(options.scheduler)
    except BackendError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def _gains() -> None:
    from backend.gains import pairs_of_learners
    from curriculum.gains import FEWEST, csv_of, gains_of, of_a_group
    from curriculum.loader import load_playable

    chapters = load_playable()[0].chapters
    found = gains_of(chapters, pairs_of_learners(chapters))
    told = of_a_group(found)
    sys.stdout.write(csv_of(told))
    if len(told) < len(found):
        sys.stderr.write(
            f"{len(found) - len(told)} of {len(found)} concepts are left out: fewer than {FEWEST} "
            "learners answered before and after.\n"
        )


if __name__ == "__main__":
    raise SystemExit(main())
