"""The network's body is MONAI's SegResNet, without MONAI."""

from __future__ import annotations

import subprocess
import sys

import torch

from skinimg.model.body import Body


def test_the_body_is_monais_to_the_last_bit() -> None:
    from monai.networks.nets.segresnet import SegResNet

    theirs = SegResNet(
        spatial_dims=2,
        init_filters=8,
        in_channels=7,
        out_channels=4,
        norm="batch",
        blocks_down=(1, 1, 2, 2),
        blocks_up=(1, 1, 1),
        upsample_mode="nontrainable",
    )
    for module in theirs.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(module.running_mean, 0, 0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 2)
    ours = Body(7, filters=8, outputs=4)
    ours.load_state_dict(theirs.state_dict())
    planes = torch.randn(2, 7, 64, 80)
    for half in (False, True):
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=half):
            assert torch.equal(ours.eval()(planes), theirs.eval()(planes))


def test_an_analysis_does_not_wait_for_monai() -> None:
    code = "import sys, skinimg.run.run, skinimg.model.trained; print('monai' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"
