"""The Dask side of `deno task sweep --scheduler`.

    sweep_dask.py SCHEDULER COUNT SETTINGS

SCHEDULER is the address of a running scheduler, or "local" for a LocalCluster of COUNT processes with
one thread each. Jobs come on stdin and answers go to stdout, a line each, as tasks/sweep_protocol.ts
says. Each job is a Dask task that starts a worker (tasks/sweep_worker.ts) with Deno; SETTINGS is JSON:
the project's folder, Deno's path, Deno's arguments and the worker's environment. The machines of the
cluster need Deno, and the project and the images under the same paths as here.
"""

import json
import logging
import pathlib
import sys
import threading

MARK = "lenet-sweep "


def compute(line, settings):
    """Runs a job on a machine of the cluster. Returns the worker's answer, a line of the protocol."""
    import os
    import shutil
    import subprocess

    deno = settings["deno"] if os.path.exists(settings["deno"]) else shutil.which("deno")
    if deno is None:
        raise RuntimeError("a machine of the cluster has no Deno on its PATH")
    if not os.path.isdir(settings["project"]):
        raise RuntimeError(f"a machine of the cluster has no folder {settings['project']}")
    done = subprocess.run(
        [deno, *settings["arguments"], "--finish"],
        input=line,
        capture_output=True,
        text=True,
        cwd=settings["project"],
        env={**os.environ, **settings["environment"]},
    )
    answers = [answer for answer in done.stdout.splitlines()
               if answer.startswith("lenet-sweep ") and ('"kept":' in answer or '"error":' in answer)]
    if not answers:
        raise RuntimeError(f"the worker ended with status {done.returncode}: {done.stderr[-500:]}")
    return answers[-1]


def main():
    from dask.distributed import Client, LocalCluster

    address, count, settings = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
    lock = threading.Lock()

    def say(line):
        with lock:
            print(line, flush=True)

    def failed(key, error):
        say(MARK + json.dumps({"key": key, "error": str(error)}))

    cluster = None
    if address == "local":
        folder = pathlib.Path(settings["project"], ".cache", "dask")
        cluster = LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            dashboard_address=None,
            local_directory=str(folder),
            silence_logs=logging.CRITICAL,
        )
    try:
        client = Client(cluster or address, timeout=30)
    except OSError as error:
        sys.exit(f"no Dask scheduler answers at {address}: {error}")
    threads = sum(client.nthreads().values())
    say(MARK + json.dumps({"key": "", "done": max(1, threads)}))
    futures = {}

    def finished(future, key):
        if future.status == "finished":
            try:
                say(future.result())
            except Exception as error:  # the result could not be fetched
                failed(key, error)
        elif future.status == "error":
            failed(key, future.exception())
        futures.pop(key, None)

    for line in sys.stdin:
        if not line.startswith(MARK):
            continue
        key = json.loads(line[len(MARK):])["key"]
        future = client.submit(compute, line, settings, key=f"lenet-{key[:32]}", retries=2)
        futures[key] = future
        future.add_done_callback(lambda future, key=key: finished(future, key))
    client.cancel(list(futures.values()))
    client.close()
    if cluster:
        cluster.close()


if __name__ == "__main__":
    main()
