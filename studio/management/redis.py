"""The worker of one job slot on Redis."""

from django.db import close_old_connections
from rq import Queue, SimpleWorker
from rq.job import Job


class Worker(SimpleWorker):
    """RQ's worker that does its jobs itself.

    RQ's usual one forks for each job, which then connects to the database anew: 80 files of a few
    kB took 6.2 s, 2.3 to 3.3 s without it and 2.3 s on the database engine. What is killed with its
    job is started again by `manage.py worker`, and the row's lease ends.
    """

    def perform_job(self, job: Job, queue: Queue) -> bool:
        """Do one job; a connection that the database has closed meanwhile is opened anew."""
        close_old_connections()
        return super().perform_job(job, queue)
