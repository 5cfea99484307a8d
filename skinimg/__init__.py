"""skinimg: what a skin treatment changed, measured from photographs, with an error bar."""
