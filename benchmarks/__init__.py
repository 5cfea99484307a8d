"""Every figure of docs/benchmarks is written by one of these modules: `./scripts/bench NAME`.

record      keeps a run with versions and hardware in docs/benchmarks/history
change      measured against true change, phantoms; the page on precision
align       registration, real photos taken again          follow     registration and tracking, phantoms
people      treatments painted on real people              gate       photos that cannot be compared
segmentation, realism, phantom_faces, tiles, trial         repeatability   the noise in a weights card

`people`, `gate`, `align` and parts of others read ../shared/data: photographs that the repository does not have.
"""
