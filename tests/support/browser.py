"""A headless Chromium, by chromedriver and the WebDriver protocol. No network is used but the loopback
device, nor any profile but a new one that is thrown away."""
import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request

ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--hide-scrollbars", "--disable-dev-shm-usage"]


found = shutil.which


def missing():
    """What is not installed, or None."""
    return next((name for name in ("chromium", "chromedriver") if not found(name)), None)


class Browser:
    """One tab."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="browser-")
        environment = {**os.environ, "HOME": self.folder, "TMPDIR": self.folder}
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], text=True, env=environment,
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.session = None
        try:
            self.base = self._find_port()
            options = {"binary": found("chromium"),
                       "args": [*ARGUMENTS, f"--user-data-dir={self.folder}/profile"]}
            wanted = {"browserName": "chrome", "goog:chromeOptions": options,
                      "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
            value = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
            self.session = value["sessionId"]
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _find_port(self):
        for line in self.driver.stdout:
            if match := re.search(r"started successfully on port (\d+)", line):
                return f"http://127.0.0.1:{match[1]}"
        raise RuntimeError("chromedriver did not start")

    def _ask(self, method, path, body=None):
        if self.session:
            path = f"/session/{self.session}{path}"
        request = urllib.request.Request(
            self.base + path, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(error.read().decode()) from error

    def close(self):
        if self.session:
            try:
                self._ask("DELETE", "")
            except (OSError, RuntimeError):
                pass
        self.driver.terminate()
        self.driver.wait()
        self.driver.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def devtools(self, command, **params):
        return self._ask("POST", "/goog/cdp/execute", {"cmd": command, "params": params})

    def look(self, width, height=900, scheme="light", media=""):
        """Makes the window so wide, the room light or dark, and the medium screen or print."""
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height,
                      deviceScaleFactor=1, mobile=False)
        self.devtools("Emulation.setEmulatedMedia", media=media,
                      features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, url):
        self._ask("POST", "/url", {"url": url})

    def run(self, script, *args):
        """The value of a function body of JavaScript."""
        return self._ask("POST", "/execute/sync", {"script": script, "args": list(args)})

    def log(self, kind):
        """What was logged since the last call: "browser" (errors) or "performance" (requests)."""
        return self._ask("POST", "/se/log", {"type": kind})

    def errors(self):
        """What was logged since the last call, but for what the browser's own first page did."""
        return [entry["message"] for entry in self.log("browser")
                if not entry["message"].startswith("chrome://")]

    def requests(self):
        """The addresses that were asked for since the last call, likewise."""
        found = []
        for entry in self.log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                params = message["params"]
                if not params["documentURL"].startswith("chrome://"):
                    found.append(params["request"]["url"])
        return found

    def screenshot(self, path, whole=True):
        shot = self.devtools("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))
