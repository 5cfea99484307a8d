"""The pages that people read: one self-contained HTML file per subject, and an index of the study."""
