"""Threads, process pools, subprocesses and asynchronous children at once; prints sums and statuses."""
import asyncio
import concurrent.futures
import hashlib
import multiprocessing
import os
import subprocess
import sys
import threading


def digest(n):
    name = f"part-{n}"
    with open(name, "wb") as f:
        f.write(bytes([n % 256]) * (1000 + n))
    with open(name, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()[:8]


def shell(n):
    done = subprocess.run(["sh", "-c", f"echo {n}; cat >&2; exit {n % 5}"], input=b"in", capture_output=True)
    return done.stdout.strip(), done.stderr, done.returncode


async def children():
    async def one(n):
        child = await asyncio.create_subprocess_exec("sh", "-c", f"read x; echo $x-{n}", stdin=-1, stdout=-1)
        out, _ = await child.communicate(b"line\n")
        return out.strip(), child.returncode
    return await asyncio.gather(*(one(n) for n in range(20)))


def main():
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        print("threads", list(pool.map(digest, range(200)))[::40])
        print("shells", list(pool.map(shell, range(60)))[::10])
    for method in ("fork", "spawn", "forkserver"):
        with multiprocessing.get_context(method).Pool(3) as pool:
            print(method, pool.map(digest, range(200, 260))[::20])
            pool.close()
            pool.join()
    print("async", asyncio.run(children())[::5])
    queue, lock, total = multiprocessing.Queue(), multiprocessing.Lock(), multiprocessing.Value("i", 0)

    def work(n):
        with lock:
            total.value += n
        queue.put(n)

    many = [multiprocessing.Process(target=work, args=(n,)) for n in range(20)]
    for p in many:
        p.start()
    print("queue", sorted(queue.get() for _ in many))
    for p in many:
        p.join()
    print("total", total.value, [p.exitcode for p in many])
    found = []
    threads = [threading.Thread(target=lambda n=n: found.append(os.waitpid(os.posix_spawn(
        "/bin/sh", ["sh", "-c", f"exit {n}"], os.environ), 0)[1] >> 8)) for n in range(40)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print("spawned from threads", sorted(found))


if __name__ == "__main__":
    main()
    sys.stdout.flush()
