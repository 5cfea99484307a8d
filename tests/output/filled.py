"""Tables in the shape of the contract, of which a test fills a few columns."""

import pandas as pd

from skinimg.output import tables


def filled(name, rows):
    """The table `name` with these cells (dicts by column; others are left out) and everything else missing."""
    empty = tables.frame(name, [])
    made = pd.DataFrame(rows, columns=empty.columns)
    text = [column for column in made if not pd.api.types.is_numeric_dtype(empty[column])]
    made[text] = made[text].astype(object).where(made[text].notna(), "")
    return made.astype(empty.dtypes.to_dict())
