var T={title:"Set-up"};
