"""What building a wheel does beyond copying files: it compiles the engine.

The environment variable ``KOUBAI_BUILD_ENGINE`` says for which processors: levels such as ``x86-64-v2,x86-64-v3``,
``here`` for this machine's level alone, ``all`` for all of its architecture; by default this machine's and the lowest.
With these comes the module for browsers, on which the playground's page trains; where levels are named, ``wasm32``
names it.
The wheel is then for this platform, and for any version of Python. ``0`` compiles nothing, and the wheel is for all
platforms. Where nothing can be compiled and nothing was asked for, that is said, and the reference engine will serve.
``KOUBAI_BUILD_PLATFORM`` names another machine, such as ``macos-aarch64``, whose levels are all compiled, and linked by
ziglang: so one machine makes the wheels of all.
"""

import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VARIABLE = "KOUBAI_BUILD_ENGINE"
FOREIGN = "KOUBAI_BUILD_PLATFORM"
TAGS = {
    "linux-x86_64": "manylinux_2_17_x86_64.manylinux2014_x86_64",
    "linux-aarch64": "manylinux_2_17_aarch64.manylinux2014_aarch64",
    "macos-aarch64": "macosx_11_0_arm64",
    "windows-x86_64": "win_amd64",
}
"""How wheels are marked whose libraries ziglang linked for a machine that was named."""
SUFFIXES = {"linux": ".so", "darwin": ".dylib", "macos": ".dylib", "win32": ".dll", "windows": ".dll"}
"""How libraries are named, by `sys.platform` and by the names of machines."""
LIBRARIES = Path("src/koubai/engines/cpu/native/libraries")
BROWSERS = "wasm32"
"""How a build is asked for the engine's module for browsers; it is built besides unless only levels are named."""
COMPILES = ("numba>=0.63.1,<0.69", "numpy>=2.0", "scipy>=1.13", "threadpoolctl>=3.5")
"""What compiling needs. Private classes of numba are used: a new version is tried before it is allowed."""


def asked() -> list[str]:
    """Return what to build in the words of the build's command line; nothing stands for its default."""
    return [name for name in os.environ.get(VARIABLE, "").replace(" ", "").split(",") if name]


def is_possible() -> bool:
    """Return whether this machine's libraries can be built."""
    machine = platform.machine().lower()
    return sys.platform in SUFFIXES and machine in ("x86_64", "amd64", "aarch64", "arm64")


def wants_browsers() -> bool:
    """Return whether the module for browsers is built too: every page that trains needs it."""
    return not asked() or bool({"here", "all", BROWSERS} & set(asked()))


def needs_zig() -> bool:
    """Return whether only ziglang can link."""
    compiler = os.environ.get("CC") or any(map(shutil.which, ("cc", "gcc", "clang")))
    return bool(os.environ.get(FOREIGN)) or sys.platform == "win32" or not compiler or wants_browsers()


class EngineHook(BuildHookInterface[Any]):
    """Compiles the engine into the package, and marks the wheel as one for this platform."""

    def dependencies(self) -> list[str]:
        """Return what compiling needs."""
        if asked() == ["0"] or not (asked() or os.environ.get(FOREIGN) or is_possible()):
            return []
        return [*COMPILES, "ziglang"] if needs_zig() else [*COMPILES]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before the files are put together."""
        foreign = os.environ.get(FOREIGN, "")
        if self.target_name != "wheel" or asked() == ["0"]:
            return
        if not (asked() or foreign or is_possible()):
            self.app.display_warning("koubai: no engine can be compiled on this platform; the reference engine serves.")
            return
        root = Path(self.root)
        paths = [str(root / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]  # pip names its own packages there
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "KOUBAI_ENGINE_FOLDER": str(root / LIBRARIES)}
        if wants_browsers():
            self._build([BROWSERS], environment, BROWSERS in asked())
            build_data["artifacts"].append(f"/{LIBRARIES.as_posix()}/engine-{BROWSERS}-*")
        levels = [name for name in asked() if name != BROWSERS]
        if asked() and not levels and not foreign:
            return
        command = [*levels]
        if foreign:
            command += ["--platform", foreign]
            environment["KOUBAI_LINK_BY_ZIG"] = "1"
        if not self._build(command, environment, bool(levels or foreign)):
            return
        suffix = SUFFIXES[foreign.partition("-")[0] or sys.platform]
        own = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["artifacts"].append(f"/{LIBRARIES.as_posix()}/*{suffix}")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{TAGS.get(foreign, own)}"

    def _build(self, names: list[str], environment: dict[str, str], must: bool) -> bool:
        """Build what is named; where that fails, end if it must be, else say what follows."""
        command = [sys.executable, "-m", "koubai.engines.cpu.native.build", *names]
        done = subprocess.run(command, env=environment, cwd=self.root, capture_output=True, text=True)
        self.app.display_info(done.stdout.strip())
        if done.returncode and must:
            raise SystemExit(done.stderr.strip())
        if done.returncode:
            what = "the playground's page cannot train" if names == [BROWSERS] else "the reference engine serves"
            self.app.display_warning(f"{done.stderr.strip()}\nkoubai: no engine is compiled; {what}.")
        return not done.returncode
