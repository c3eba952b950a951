-- Profile attributes of {users} users; the number is filled in by event_set.py. The
-- remainder by a prime spreads ids, and gives no two users the same.
with

numbers as (
    select
        cast(range as bigint) as number,
        cast(hash(range * 3) >> 1 as bigint) as dice
    from range({users})
)

select
    'u' || number * 40692001 % 99999999977 as user_id,
    ['United States', 'Germany', 'United Kingdom', 'France', 'India'][1 + number % 5]
        as country,
    'city ' || dice % 200 as city,
    ['Software', 'Finance', 'Education', 'Retail', 'Health'][1 + dice // 7 % 5]
        as industry,
    ['1-10', '11-50', '51-200', '201-1000', '1001+'][1 + dice // 41 % 5]
        as company_size,
    ['junior', 'senior', 'manager', 'executive'][1 + dice // 211 % 4] as job_level,
    ['desktop', 'mobile', 'tablet'][1 + number % 3] as device
from numbers
