"""What a run writes about a subject: rows of the tables, pictures of the sessions, and the notes that collect both.

Comes in: records of the stages. Goes out: tables with the columns of the contract, and PNG files.
"""
