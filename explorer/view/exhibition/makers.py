"""Kind of exhibit → what makes the part of it that follows the run."""

from __future__ import annotations

from explorer.view.exhibition.annex import Annex
from explorer.view.exhibition.base import Maker
from explorer.view.exhibition.choice import Choice
from explorer.view.exhibition.cuts import CutBoard
from explorer.view.exhibition.dig import Dig
from explorer.view.exhibition.display import Display
from explorer.view.exhibition.noising import Noising
from explorer.view.exhibition.orchestra import Orchestra
from explorer.view.exhibition.sculptor import Sculptor
from explorer.view.exhibition.training import Training
from explorer.world import stations as kinds

MAKERS: dict[type[kinds.Exhibit], Maker] = {
    kinds.Sculptor: Sculptor,
    kinds.Dig: Dig,
    kinds.Display: Display,
    kinds.Choice: Choice,
    kinds.Noising: Noising,
    kinds.Cuts: CutBoard,
    kinds.Annex: Annex,
    kinds.Orchestra: Orchestra,
    kinds.Training: Training,
}
