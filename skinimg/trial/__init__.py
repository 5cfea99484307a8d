"""Trials: from the tables of a finished analysis to the statistics of a study with arms.

Comes in: the folder of an analysis and a plan. Goes out: `Trial`, and the files in `trial/`. `cli` calls it.

plan         what was declared: design, arms, endpoints, visit
people       who is in which arm
data         one row per person, arm, visit and endpoint
effects      t, Wilcoxon, Welch, Mann-Whitney, Holm, tipping point, effects weighed by known noise
mixed        the mixed model, which is primary
reml         its fit
responders   McNemar and Fisher
raters       weighted kappa, ICC with interval; `graders` finds who graded what
key          who was who in a blinded study, which `blind` made
dropout      whether those without a value differ
flow         how many came
trial        all of it for one folder
document     what is said as JSON
"""
