"""Commands that look after an installation and its results: doctor, forget."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from skinimg.cli.terminal import OutOption, app, print_rows


@app.command()
def forget(
    subject: Annotated[str, typer.Argument(help="As in the column subject of photos.csv.")],
    out: OutOption,
) -> None:
    """Take one person out of a folder of results, and prove it by looking through every file."""
    from skinimg.run.forget import forget as run

    searched = run(subject, out)
    print(f"{subject} is out of {out}: {searched} files were searched and hold no trace. Photos are yours to remove.")


@app.command()
def doctor() -> None:
    """Say what this machine can run, and whether the shipped weights are whole."""
    import os

    import torch

    from skinimg.base.provenance import versions
    from skinimg.base.shipped import shipped
    from skinimg.model.card import FaceCard, NetworkCard
    from skinimg.model.segmenter import load_segmenter
    from skinimg.model.weights import load_weights

    rows: list[dict[str, Any]] = [{"what": name, "found": version} for name, version in versions().items()]
    rows.append({"what": "cores", "found": os.cpu_count()})
    cuda = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none, the CPU is used"
    rows.append({"what": "CUDA device", "found": cuda})
    for path in sorted(shipped("weights").glob("*.safetensors")):
        if path.stem == "face":
            load_weights(path, FaceCard)
        else:
            load_weights(path, NetworkCard)
        rows.append({"what": f"weights {path.stem}", "found": "whole"})
    rows.append({"what": "weights classical", "found": f"whole, {load_segmenter('classical').sha256[:12]}"})
    print_rows(rows, ("what", "found"))
    print(
        "For a bug report send: this table, the command, the whole message, and run.json with the names of photos "
        "taken out.\nNever send photos of patients: draw a study with `skinimg synth`, and say whether it fails too."
    )
