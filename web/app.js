"use strict";document.getElementById("app").textContent=T.title;
