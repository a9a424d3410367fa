// The version of Mesos whose API this is. Clients read it (`GET /version`, MasterInfo) to learn what they may use;
// Tepui's own version is told beside it.

export const mesosVersion = '1.11.0'
