"""Every generated file: which, whether it is current, writing it."""

from pathlib import Path

import contracts
import manifests
import observability


def files() -> dict[Path, str]:
    """Their paths and texts as they should be."""
    return observability.files() | manifests.files() | contracts.files()


def stale() -> list[Path]:
    """Those whose text is another, and those that nothing generates any more."""
    wanted = files()
    folders = {path.parent for path in wanted}
    left_over = [
        path
        for folder in folders
        for path in folder.glob("*")
        if path.is_file() and path not in wanted and _says_generated(path)
    ]
    changed = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    return sorted(changed + left_over)


def write() -> None:
    """Brings all of them up to date."""
    wanted = files()
    for path in stale():
        if path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path])
        else:
            path.unlink()


def _says_generated(path: Path) -> bool:
    """JSON has no comments, so every JSON file beside generated ones is taken for one."""
    return path.suffix == ".json" or path.read_text().startswith("# Generated")
