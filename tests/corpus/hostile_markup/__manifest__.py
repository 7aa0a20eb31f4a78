{
    "name": "</title><script>window.pwned = 'name'</script>",
    "summary": "\"><img src=x onerror='window.pwned = 1'>",
    "version": "1.0.0",
    "author": "hub-runner",
    "license": "LGPL-3",
    "depends": ["base"],
}
