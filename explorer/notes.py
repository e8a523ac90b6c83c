"""Notes about the run that is shown, made off the main thread: other runs are read for them."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait

from assetgen.pack import Library, RunEntry
from explorer.story.notes import Notes, make_notes


class NotesLoader:
    """One job at a time; a newer one replaces the older. `collect` is called once a frame and never waits."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._pool = ThreadPoolExecutor(1, "notes")
        self._job: Future[Notes] | None = None

    def request(self, entry: RunEntry) -> None:
        if self._job is not None:
            self._job.cancel()
        self._job = self._pool.submit(make_notes, self.library, entry)

    def collect(self) -> Notes | None:
        """The notes, once they are ready."""
        job = self._job
        if job is None or not job.done():
            return None
        self._job = None
        return None if job.cancelled() else job.result()

    def wait(self) -> Notes | None:
        """Block until they are ready (headless rendering, tests)."""
        if self._job is not None:
            wait([self._job])
        return self.collect()

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
