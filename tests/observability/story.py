"""The running system that crosspoint-story leaves up, as a program beside it sees it."""
import json
import os
import re
import signal
import subprocess
import sys
import time

LIMIT_SECONDS = 180


class Story:
    """Plays the story in `folder` and keeps the system up; `meanwhile` is told the ports of /metrics again
    and again until then."""

    def __init__(self, binaries, folder, environment=None, meanwhile=lambda ports: None):
        self.binaries = binaries
        self.stack = os.path.join(folder, 'stack')
        os.mkdir(self.stack)
        self.log = os.path.join(folder, 'story.log')
        with open(self.log, 'w', encoding='utf-8') as out:
            self.process = subprocess.Popen([os.path.join(binaries, 'crosspoint-story'), '--dir', self.stack],
                                            stdout=out, stderr=out, env={**os.environ, **(environment or {})})
        end = time.monotonic() + LIMIT_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            meanwhile(self.http_ports())
            if 'It stays up' in self.said():
                return
            time.sleep(0.1)
        self.stop()
        print(self.said()[-3000:])
        sys.exit('the story was not told')

    def said(self):
        with open(self.log, encoding='utf-8') as f:
            return f.read()

    def pid(self, replica):
        return int(re.search(rf'{replica} +pid (\d+)', self.said()).group(1))

    def end_redis(self):
        socket = re.search(r'redis-cli -s (\S+)', self.said()).group(1)
        subprocess.run(['redis-cli', '-s', socket, 'SHUTDOWN', 'NOSAVE'], check=False)

    def http_ports(self):
        """Service and replica, such as presence-1 -> port of /metrics, of those that say it by now."""
        ports = {}
        for name in sorted(os.listdir(self.stack)):
            if name.endswith('.ports'):
                try:
                    with open(os.path.join(self.stack, name), encoding='utf-8') as f:
                        ports[name[:-6]] = json.load(f)['http']
                except (OSError, ValueError, KeyError):
                    pass  # half written or just replaced
        return ports

    def ctl(self, *arguments):
        """What crosspointctl prints, run by the story's person, who also administers her tenant."""
        run = subprocess.run([os.path.join(self.binaries, 'crosspointctl'), *arguments], capture_output=True, text=True,
                             env={**os.environ, 'CROSSPOINT_CTL_CONFIG': os.path.join(self.stack, 'ctl.yaml')},
                             check=False)
        if run.returncode != 0:
            sys.exit(f'crosspointctl {" ".join(arguments)}: {run.stdout}{run.stderr}')
        return run.stdout

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait()
