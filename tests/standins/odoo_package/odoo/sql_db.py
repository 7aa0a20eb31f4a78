sql_counter = 0
