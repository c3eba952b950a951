-- Somebody can be scored: at the scoring date there is a user. Without one, nothing is
-- built from here on, and readers keep the last good scores.
with

as_of_dates as (select * from {{ ref("int_user_as_of_dates") }})

select
    'no user has a used event in the look-back, nor attributes' as what_is_wrong,
    count(*) as users
from as_of_dates
where is_scoring_date
having count(*) = 0
