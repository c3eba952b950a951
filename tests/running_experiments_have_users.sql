-- Experiments that should assign users at the scoring date, and never found any.
select
    experiments.experiment,
    experiments.bands,
    experiments.feature
from {{ ref("experiments") }} as experiments
inner join {{ ref("int_as_of_dates") }} as as_of_dates
    on as_of_dates.is_scoring_date
    and as_of_dates.as_of_date between experiments.start_date and experiments.end_date
left join {{ ref("experiment_assignments") }} as assignments
    on experiments.experiment = assignments.experiment
where experiments.status = 'running' and assignments.experiment is null
