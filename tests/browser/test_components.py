"""The components' own tests and linters, run by Node: every state with jest and sa11y, ESLint, Prettier."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from local import preview
from tests.browser.conftest import not_checked

MODULES = preview.SALESFORCE / "node_modules"
PROGRAMS = {
    "jest": ["@salesforce/sfdx-lwc-jest/bin/sfdx-lwc-jest"],
    "eslint": ["eslint/bin/eslint.js", "."],
    "prettier": ["prettier/bin/prettier.cjs", "--check", "{force-app,preview}/**/*.{css,html,js,mjs,xml}", "*.js"],
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_node_checks_is_clean(name: str) -> None:
    program, *arguments = PROGRAMS[name]
    try:
        node = preview.node()
    except preview.NoPreview as why:
        not_checked(str(why))
    if not MODULES.exists():
        not_checked("salesforce/node_modules is not installed: run python3 local/lightning.py")
    surroundings = {**os.environ, "PATH": os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])}
    done = subprocess.run(
        [str(node), str(MODULES / program), *arguments],
        cwd=preview.SALESFORCE, env=surroundings, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]


def test_the_module_of_the_labels_is_what_the_labels_say(tmp_path: Path) -> None:
    """`npm run labels` writes it; a label added by hand alone would be missing on the platform."""
    module = preview.SALESFORCE / "force-app/main/default/lwc/spiffLabels/spiffLabels.js"
    program = f"import {{ labelsModule }} from '{(preview.SALESFORCE / 'preview' / 'labels.mjs').as_uri()}';"
    script = tmp_path / "told.mjs"
    script.write_text(f"{program} process.stdout.write(labelsModule());")
    try:
        node = preview.node()
    except preview.NoPreview as why:
        not_checked(str(why))
    told = subprocess.run([str(node), str(script)], capture_output=True, text=True, check=True).stdout
    assert module.read_text(encoding="utf-8") == told
